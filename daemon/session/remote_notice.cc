// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/remote_notice.h"

#include <fmt/format.h>

#include <utility>

namespace krait::daemon {
namespace {

std::string WhyHere(const remote::RemoteStatus& engine) {
  if (!engine.problem.empty()) {
    return fmt::format(
        "completions come from krait's own model: nothing is sent elsewhere, "
        "as {}",
        engine.problem);
  }
  if (engine.state == remote::Circuit::State::kClosed) return {};
  return fmt::format(
      "completions come from krait's own model until {} answers again: {}",
      engine.url, engine.last_failure);
}

}  // namespace

std::optional<RemoteNotice::Sentence> RemoteNotice::Answered(
    const remote::RemoteStatus& engine, Clock::time_point now) {
  why_here_ = WhyHere(engine);
  if (why_here_.empty()) {
    if (!std::exchange(told_, false)) return std::nullopt;
    return Sentence{
        .text = fmt::format("{} answers again, and completes", engine.url)};
  }
  if (told_ || (told_at_ && now - *told_at_ < kPause)) return std::nullopt;
  told_ = true;
  told_at_ = now;
  return Sentence{.type = lsp::MessageType::kWarning, .text = why_here_};
}

}  // namespace krait::daemon
