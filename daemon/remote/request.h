// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_REQUEST_H_
#define KRAIT_DAEMON_REMOTE_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/remote/settings.h"

namespace krait::remote {

// How the engine chooses; what is not said is its own affair.
struct Choosing {
  std::optional<double> temperature = {};
  std::optional<double> top_p = {};
  std::optional<uint64_t> seed = {};
};

// A place to fill in.
struct Fill {
  std::string_view prefix;
  std::string_view suffix;
  size_t max_tokens = 0;
  Choosing choosing = {};
};

struct Turn {
  std::string_view role;  // "system", "user", "assistant"
  std::string_view text;
};

// A conversation to go on with.
struct Chat {
  std::vector<Turn> turns;
  size_t max_tokens = 0;
  Choosing choosing = {};
};

// What of an answer holds its text.
enum class AnswerShape : uint8_t {
  kText,     // choices[0].text
  kMessage,  // choices[0].delta.content, or message.content
  kLlama,    // content
};

// A request as it goes over the wire: a POST of JSON, answered by a stream of
// events.
struct WireRequest {
  std::string path;  // below the engine's address
  std::string body;
  AnswerShape shape = AnswerShape::kText;
};

// Pure translations. kUnsupported: this text must not be sent so, as a part of
// it would become a control token of the engine's model.
base::Result<WireRequest> WireOf(const RemoteSettings& settings,
                                 const Fill& fill);
WireRequest WireOf(const RemoteSettings& settings, const Chat& chat);

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_REQUEST_H_
