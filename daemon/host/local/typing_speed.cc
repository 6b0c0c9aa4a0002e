// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/typing_speed.h"

#include <fmt/format.h>

#include <algorithm>

namespace krait::daemon {
namespace {

// Who waits longer has typed on.
constexpr double kPatience_s = 2;
// Of a suggestion of a line.
constexpr double kTypicalTokens = 16;
// With less than this a model knows too little of the file.
constexpr size_t kLeastPrefix = 128;

std::string SecondsText(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f} ms", 1000 * seconds);
  return fmt::format("{:.1f} s", seconds);
}

// Returns the share of so many tokens that can be read in time, as a multiple
// that looks like a setting.
size_t Shortened(size_t tokens, double share) {
  constexpr size_t kStep = 64;
  const auto whole = static_cast<size_t>(static_cast<double>(tokens) * share);
  return whole / kStep * kStep;
}

std::string AdviceFor(double read, double write_s,
                      const completion::WindowLimits& limits) {
  const char* smaller = "use a smaller or more quantised model";
  const auto all =
      static_cast<double>(limits.prefix_tokens + limits.suffix_tokens);
  const double share =
      std::clamp((kPatience_s - write_s) * read / all, 0.0, 1.0);
  const size_t prefix = Shortened(limits.prefix_tokens, share);
  if (prefix < kLeastPrefix) return smaller;
  return fmt::format(
      "set completion.prefix_tokens = {} and suffix_tokens = {} (then about "
      "{:.0f} s), or {}",
      prefix, Shortened(limits.suffix_tokens, share), kPatience_s, smaller);
}

}  // namespace

TypingSpeed SpeedOfTyping(double read, double write,
                          const completion::WindowLimits& limits) {
  const double write_s = kTypicalTokens / write;
  const auto all =
      static_cast<double>(limits.prefix_tokens + limits.suffix_tokens);
  TypingSpeed typing;
  typing.first_answer_s = all / read + write_s;
  typing.verdict = fmt::format(
      "the first answer in a long file takes about {} (prefix_tokens = {}, "
      "suffix_tokens = {}), the next ones {}",
      SecondsText(typing.first_answer_s), limits.prefix_tokens,
      limits.suffix_tokens, SecondsText(write_s));
  if (typing.first_answer_s > kPatience_s) {
    typing.advice = AdviceFor(read, write_s, limits);
  }
  return typing;
}

}  // namespace krait::daemon
