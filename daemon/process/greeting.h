// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PROCESS_GREETING_H_
#define KRAIT_DAEMON_PROCESS_GREETING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/completion/generator/forget_scope.h"

namespace krait::daemon {

// How a connection to the daemon begins: the client says in one line who it is
// and what it wants, the daemon answers in one line. Then follow LSP frames, or
// lines of control requests:
//
//   {"request": "status"}  ->  {...}
//   {"request": "stop"}    ->  {"ok": true}, then it ends
//   {"request": "forget", "all": true} or {..., "paths": ["/home/me/secret"]}
//                          ->  {"ok": true, "states": how many were deleted}
//   {"request": "listen", "address": "127.0.0.1:8012"}
//                          ->  {"ok": true, "address": with its port} or
//                              {"ok": false, "error": why}: HTTP, until the
//                              connection ends
//   {"request": "drain"}   ->  {"ok": true}: takes no new connections and ends
//                              with the last of those that it has
//
// Lines are JSON objects; unknown members are ignored, so that versions can
// talk at least about their difference.
inline constexpr int64_t kProtocolVersion = 1;
inline constexpr size_t kMaxGreetingBytes = size_t{256} << 10;
inline constexpr size_t kMaxControlBytes = size_t{64} << 10;  // of a request
inline constexpr size_t kMaxStatusBytes = size_t{8} << 20;    // of an answer

struct Greeting {
  int64_t protocol = kProtocolVersion;
  std::string version = KRAIT_VERSION;
  std::string purpose = {};  // "lsp", "control", "serve"
  std::string model = {};  // not for control: its path as ModelIdentity has it
  std::string settings = "{}";  // lsp: a JSON object as SessionSettings has it
};

// Why a connection is refused.
inline constexpr std::string_view kRefusedVersion = "version";
inline constexpr std::string_view kRefusedModel = "model";
inline constexpr std::string_view kRefusedBusy = "busy";
inline constexpr std::string_view kRefusedGreeting = "greeting";

struct Welcome {
  int64_t protocol = kProtocolVersion;
  std::string version = KRAIT_VERSION;
  int64_t pid = 0;
  int64_t threads = 0;       // as asked for; 0: one per core
  std::string refused = {};  // empty: welcome
  std::string reason = {};   // a sentence, if refused
};

std::string ToLine(const Greeting& greeting);
std::string ToLine(const Welcome& welcome);
base::Result<Greeting> ParseGreeting(std::string_view line);
base::Result<Welcome> ParseWelcome(std::string_view line);

struct ControlRequest {
  std::string name = {};
  completion::ForgetScope scope = {};  // "forget": absolute paths, or all
  std::string address = {};            // "listen"
};
base::Result<ControlRequest> ParseControlRequest(std::string_view line);
std::string ToLine(const ControlRequest& request);

// Returns a number below, equal to or above 0 as version `a` is older than,
// the same as or newer than `b`: "0.9" < "0.10.1".
int CompareVersions(std::string_view a, std::string_view b);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PROCESS_GREETING_H_
