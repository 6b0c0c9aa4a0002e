// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_DAEMON_CLIENT_H_
#define KRAIT_DAEMON_SERVER_DAEMON_CLIENT_H_

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/server/file_descriptor.h"
#include "daemon/server/greeting.h"
#include "daemon/server/runtime_dir.h"
#include "engine/error.h"

namespace krait::daemon {

// A connection to the daemon of this user that was greeted.
struct GreetedSocket {
  FileDescriptor socket;  // blocking; the stream after the daemon's answer
  Welcome welcome;        // which may be a refusal
};

// Connects and greets. kNotFound: no daemon listens there. Anything else is a
// daemon that does not answer as one should.
engine::Result<GreetedSocket> Greet(const std::filesystem::path& socket,
                                    const Greeting& greeting);

// Asks the daemon of this user for something, one request after the other.
class ControlClient {
 public:
  // kNotFound: none runs.
  static engine::Result<ControlClient> Connect(const RuntimeEnvironment& env);
  static engine::Result<ControlClient> ConnectAt(
      const std::filesystem::path& socket);

  // Returns the answer, a JSON object in one line.
  engine::Result<std::string> Ask(const ControlRequest& request);
  engine::Result<std::string> Ask(std::string_view name) {
    return Ask(ControlRequest{.name = std::string(name)});
  }

  const Welcome& daemon() const { return greeted_.welcome; }

 private:
  explicit ControlClient(GreetedSocket greeted)
      : greeted_(std::move(greeted)) {}
  GreetedSocket greeted_;
};

// Waits until no process is the daemon, at most `limit`; returns whether.
bool WaitForDaemonsEnd(const RuntimeDir& dir, std::chrono::milliseconds limit);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_DAEMON_CLIENT_H_
