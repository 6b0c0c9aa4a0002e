// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/stop/repetition.h"

namespace krait::completion {
namespace {

constexpr size_t kMaxPeriod = 16;

// The shortest line, without its indentation, whose repetition is a loop.
constexpr size_t kMinLoopLineBytes = 12;

std::string_view Stripped(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t") + 1 - begin);
}

size_t RoundsNeeded(size_t period) {
  if (period == 1) return 6;
  if (period == 2) return 5;
  return period <= 4 ? 4 : 3;
}

}  // namespace

std::optional<size_t> FindRepetition(std::span<const PieceId> tokens) {
  for (size_t period = 1; period <= kMaxPeriod; ++period) {
    const size_t rounds = RoundsNeeded(period);
    if (tokens.size() < period * rounds) continue;
    // A sequence repeats with a period iff each token equals the one a period
    // before it.
    size_t same = 0;
    while (same < tokens.size() - period &&
           tokens[tokens.size() - 1 - same] ==
               tokens[tokens.size() - 1 - same - period]) {
      ++same;
    }
    if (same >= period * (rounds - 1)) return tokens.size() - same;
  }
  return std::nullopt;
}

std::optional<size_t> FindRepeatedLine(std::string_view text) {
  if (text.empty() || text.back() != '\n') return std::nullopt;
  text.remove_suffix(1);
  const size_t last_begin = text.rfind('\n') + 1;
  if (last_begin == 0) return std::nullopt;
  const std::string_view last = Stripped(text.substr(last_begin));
  if (last.size() < kMinLoopLineBytes) return std::nullopt;
  for (size_t begin = 0; begin < last_begin;) {
    const size_t end = text.find('\n', begin);
    if (Stripped(text.substr(begin, end - begin)) == last) {
      return last_begin - 1;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace krait::completion
