// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/text_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace krait::daemon {
namespace {

constexpr size_t kMostDocuments = 64;
// Lines that are looked at, and that are remembered of a document.
constexpr size_t kMostLines = 512;
constexpr size_t kMostKnown = 4096;
// A brace says nothing of where it stands.
constexpr size_t kLeastBytes = 4;

// Adds hashes of lines without the white space around them.
void AddLine(std::string_view line, std::unordered_set<size_t>* lines) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return;
  line = line.substr(begin, line.find_last_not_of(kBlank) + 1 - begin);
  if (line.size() < kLeastBytes) return;
  lines->insert(std::hash<std::string_view>()(line));
}

// The line of the cursor changes with each key.
std::unordered_set<size_t> LinesOf(std::string_view before,
                                   std::string_view after) {
  std::unordered_set<size_t> lines;
  before = before.substr(0, before.rfind('\n') + 1);
  for (size_t count = 0; count < kMostLines && !before.empty(); ++count) {
    before.remove_suffix(1);
    const size_t begin = before.rfind('\n') + 1;
    AddLine(before.substr(begin), &lines);
    before = before.substr(0, begin);
  }
  const size_t end_of_line = after.find('\n');
  after.remove_prefix(end_of_line == after.npos ? after.size()
                                                : end_of_line + 1);
  for (size_t count = 0; count < kMostLines && !after.empty(); ++count) {
    const size_t end = after.find('\n');
    AddLine(after.substr(0, end), &lines);
    after.remove_prefix(end == after.npos ? after.size() : end + 1);
  }
  return lines;
}

}  // namespace

std::string TextDocuments::NameOf(std::string_view before,
                                  std::string_view after) {
  Lines lines = LinesOf(before, after);
  // What is but a line is no document yet.
  if (lines.empty()) return "http:0";
  auto best = known_.end();
  size_t most = lines.size() / 2;  // more than half
  for (auto known = known_.begin(); known != known_.end(); ++known) {
    const auto shared = static_cast<size_t>(std::ranges::count_if(
        lines, [&known](size_t line) { return known->lines.contains(line); }));
    if (shared <= most) continue;
    most = shared;
    best = known;
  }
  if (best == known_.end()) {
    if (known_.size() >= kMostDocuments) known_.pop_back();
    known_.push_front({.number = next_++, .lines = std::move(lines)});
  } else {
    known_.splice(known_.begin(), known_, best);
    Lines& known = known_.front().lines;
    if (known.size() + lines.size() > kMostKnown) known.clear();
    known.merge(lines);
  }
  return fmt::format("http:{}", known_.front().number);
}

}  // namespace krait::daemon
