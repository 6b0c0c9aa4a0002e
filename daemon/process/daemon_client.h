// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_DAEMON_CLIENT_H_
#define KRAIT_DAEMON_PROCESS_DAEMON_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "daemon/process/greeting.h"
#include "daemon/process/runtime_dir.h"

namespace krait::daemon {

// A connection to the daemon of this user that was greeted.
struct GreetedSocket {
  base::FileDescriptor
      socket;       // blocking; the stream after the daemon's answer
  Welcome welcome;  // which may be a refusal
};

// Connects and greets. kNotFound: no daemon listens there. Anything else is a
// daemon that does not answer as one should.
base::Result<GreetedSocket> Greet(const std::filesystem::path& socket,
                                  const Greeting& greeting);

// Asks the daemon of this user for something, one request after the other.
class ControlClient {
 public:
  // kNotFound: none runs.
  static base::Result<ControlClient> Connect(const RuntimeEnvironment& env);
  static base::Result<ControlClient> ConnectAt(
      const std::filesystem::path& socket);

  // Returns the answer, a JSON object in one line.
  base::Result<std::string> Ask(const ControlRequest& request);
  base::Result<std::string> Ask(std::string_view name) {
    return Ask(ControlRequest{.name = std::string(name)});
  }

  const Welcome& daemon() const { return greeted_.welcome; }

 private:
  explicit ControlClient(GreetedSocket greeted)
      : greeted_(std::move(greeted)) {}
  GreetedSocket greeted_;
};

// Returns a sentence about a daemon that takes connections and does not answer,
// as one that is stuck or stopped; nullopt if there is none.
std::optional<std::string> FindSilentDaemon(const RuntimeEnvironment& env);

// A process whose end can be waited for, whatever takes its place meanwhile.
class WatchedProcess {
 public:
  // Of the process of this number as it is now; none if it has ended.
  explicit WatchedProcess(int64_t pid);
  // Waits at most `limit`; returns whether it has ended.
  bool WaitForEnd(std::chrono::milliseconds limit) const;

 private:
  base::FileDescriptor process_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_DAEMON_CLIENT_H_
