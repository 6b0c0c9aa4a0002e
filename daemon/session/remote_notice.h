// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_REMOTE_NOTICE_H_
#define KRAIT_DAEMON_SESSION_REMOTE_NOTICE_H_

#include <chrono>
#include <optional>
#include <string>

#include "daemon/remote/engine.h"
#include "lsp/window.h"

namespace krait::daemon {

// What a user is told whose completions come from an engine elsewhere: once
// when that is left alone, so that they come from the model here, and once when
// it is asked again. One that fails now and then is told of every ten minutes
// at most. Thread-compatible.
class RemoteNotice {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes kPause{10};

  struct Sentence {
    lsp::MessageType type = lsp::MessageType::kInfo;
    std::string text;
  };

  // A completion that the engine was for has been answered, by it or here.
  // Returns what the user is to be told, if anything.
  std::optional<Sentence> Answered(const remote::RemoteStatus& engine,
                                   Clock::time_point now);

  // Why completions come from here; empty: they do not.
  const std::string& why_here() const { return why_here_; }

 private:
  std::string why_here_;
  std::optional<Clock::time_point> told_at_;
  bool told_ = false;  // that they come from here
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_REMOTE_NOTICE_H_
