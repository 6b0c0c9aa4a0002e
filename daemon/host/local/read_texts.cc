// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/read_texts.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace krait::daemon {
namespace {

// Among which one goes back and forth; with their texts some megabytes.
constexpr size_t kDocuments = 8;
constexpr size_t kPrefixesPerDocument = 3;
constexpr size_t kMostTextBytes = size_t{512} << 10;

// What has to be the same in front of a line: some ten lines of code.
constexpr size_t kSameBytes = 256;
// How far behind such a line the cursor may be.
constexpr size_t kMostBytesBehind = 2048;
constexpr size_t kMostLinesBehind = 32;
// Of a text that says the same again and again.
constexpr size_t kMostOccurrences = 64;

size_t Distance(size_t a, size_t b) {
  return a > b ? a - b : b - a;
}

// Returns where `what` stands in `text` nearest to `wanted`; npos: nowhere.
size_t FindNear(std::string_view text, std::string_view what, size_t wanted) {
  const std::boyer_moore_horspool_searcher searcher(what.begin(), what.end());
  size_t best = std::string_view::npos;
  auto from = text.begin();
  for (size_t seen = 0; seen < kMostOccurrences; ++seen) {
    const auto found = std::search(from, text.end(), searcher);
    if (found == text.end()) break;
    const auto at = static_cast<size_t>(found - text.begin());
    if (best == std::string_view::npos ||
        Distance(at, wanted) < Distance(best, wanted)) {
      best = at;
    }
    from = found + 1;
  }
  return best;
}

std::optional<ReadTexts::Place> PlaceIn(std::string_view read,
                                        std::string_view prefix) {
  size_t line = prefix.size();
  for (size_t tried = 0; tried < kMostLinesBehind && line > 0; ++tried) {
    line = prefix.rfind('\n', line - 1) + 1;
    if (line < kSameBytes || prefix.size() - line > kMostBytesBehind) break;
    const size_t begin = line - kSameBytes;
    const size_t at = FindNear(read, prefix.substr(begin, kSameBytes), begin);
    if (at != std::string_view::npos) {
      return ReadTexts::Place{.read = read.substr(0, at + kSameBytes),
                              .prefix_bytes = line};
    }
    --line;
  }
  return std::nullopt;
}

}  // namespace

const ReadTexts::Document* ReadTexts::Get(std::string_view id) const {
  const auto found = std::ranges::find(documents_, id, &Document::id);
  return found == documents_.end() ? nullptr : &*found;
}

ReadTexts::Document& ReadTexts::Use(std::string_view id) {
  const auto found = std::ranges::find(documents_, id, &Document::id);
  if (found != documents_.end()) {
    std::rotate(found, found + 1, documents_.end());
    return documents_.back();
  }
  if (documents_.size() == kDocuments) documents_.erase(documents_.begin());
  documents_.push_back({.id = std::string(id), .whole = {}, .prefixes = {}});
  return documents_.back();
}

void ReadTexts::Add(std::string_view document, std::string_view text) {
  if (text.size() < kSameBytes || text.size() > kMostTextBytes) return;
  Document& entry = Use(document);
  if (std::string_view(entry.whole).starts_with(text)) return;
  std::string added(text);
  for (auto known = entry.prefixes.begin(); known != entry.prefixes.end();
       ++known) {
    const bool within = std::string_view(*known).starts_with(text);
    if (!within && !text.starts_with(*known)) continue;
    if (within) added = std::move(*known);
    entry.prefixes.erase(known);
    break;
  }
  if (entry.prefixes.size() == kPrefixesPerDocument) {
    entry.prefixes.erase(entry.prefixes.begin());
  }
  entry.prefixes.push_back(std::move(added));
}

std::vector<ReadTexts::Place> ReadTexts::Find(std::string_view document,
                                              std::string_view prefix) const {
  std::vector<Place> places;
  const Document* const entry = Get(document);
  if (entry == nullptr) return places;
  const auto look_in = [&](std::string_view text) {
    if (auto place = PlaceIn(text, prefix)) places.push_back(*place);
  };
  for (auto text = entry->prefixes.rbegin(); text != entry->prefixes.rend();
       ++text) {
    look_in(*text);
  }
  look_in(entry->whole);
  std::ranges::stable_sort(places, std::ranges::greater(),
                           [](const Place& at) { return at.read.size(); });
  return places;
}

void ReadTexts::SetWhole(std::string_view document, std::string_view text) {
  if (text.size() <= kMostTextBytes) Use(document).whole = text;
}

std::string_view ReadTexts::Whole(std::string_view document) const {
  const Document* const entry = Get(document);
  return entry == nullptr ? std::string_view() : entry->whole;
}

size_t ChangedBytes(std::string_view before, std::string_view after) {
  if (before.size() > after.size()) std::swap(before, after);
  const size_t begin = static_cast<size_t>(
      std::ranges::mismatch(before, after).in1 - before.begin());
  size_t end = 0;
  while (end < before.size() - begin &&
         before[before.size() - 1 - end] == after[after.size() - 1 - end]) {
    ++end;
  }
  return after.size() - begin - end;
}

}  // namespace krait::daemon
