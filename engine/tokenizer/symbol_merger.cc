// SPDX-License-Identifier: Apache-2.0
// Nearly all chunks of source code are a few characters long. For them a plain
// search for the smallest rank in an array beats any queue. Long ones (a run of
// a million spaces) take a heap over a doubly linked list, whose entries are
// not removed when one of their symbols has changed, but recognised as stale
// when they come up: symbols only ever grow, so a pair is still the same if
// both ids are.
#include "engine/tokenizer/symbol_merger.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

namespace krait::engine {
namespace {

constexpr size_t kShortLimit = 40;
constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

// The merges between neighbours of a short sequence: entry i is for (i, i+1).
class ShortMerger {
 public:
  ShortMerger(const MergeTable& merges, std::vector<TokenId>* symbols)
      : merges_(merges), symbols_(*symbols) {}

  void Run() {
    size_t count = symbols_.size();
    for (size_t i = 0; i + 1 < count; ++i) Look(i);
    while (count > 1) {
      const auto begin = ranks_.begin();
      const auto end = begin + static_cast<ptrdiff_t>(count - 1);
      const auto best = std::min_element(begin, end);  // the first of equals
      if (*best == kNoRank) break;
      Apply(static_cast<size_t>(best - begin), &count);
    }
    symbols_.resize(count);
  }

 private:
  void Look(size_t i) {
    const Merge* merge = merges_.Find(symbols_[i], symbols_[i + 1]);
    ranks_[i] = merge == nullptr ? kNoRank : merge->rank;
    results_[i] = merge == nullptr ? 0 : merge->result;
  }

  void Apply(size_t at, size_t* count) {
    symbols_[at] = results_[at];
    for (size_t i = at + 1; i + 1 < *count; ++i) {
      symbols_[i] = symbols_[i + 1];
      ranks_[i - 1] = ranks_[i];
      results_[i - 1] = results_[i];
    }
    --*count;
    if (at + 1 < *count) Look(at);
    if (at > 0) Look(at - 1);
  }

  const MergeTable& merges_;
  std::vector<TokenId>& symbols_;
  std::array<uint32_t, kShortLimit> ranks_;
  std::array<TokenId, kShortLimit> results_;
};

class LongMerger {
 public:
  LongMerger(const MergeTable& merges, std::vector<TokenId>* symbols)
      : merges_(merges), symbols_(*symbols), links_(symbols->size()) {}

  void Run() {
    const auto count = static_cast<uint32_t>(symbols_.size());
    for (uint32_t i = 0; i < count; ++i) {
      links_[i] = {i == 0 ? kNone : i - 1, i + 1 == count ? kNone : i + 1};
    }
    for (uint32_t i = 0; i + 1 < count; ++i) {
      if (const auto entry = Candidate(i)) heap_.push_back(*entry);
    }
    std::make_heap(heap_.begin(), heap_.end(), Later);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), Later);
      const Entry entry = heap_.back();
      heap_.pop_back();
      if (IsCurrent(entry)) Apply(entry);
    }
    Compact();
  }

 private:
  struct Links {
    uint32_t previous;
    uint32_t next;
  };
  struct Entry {
    uint32_t rank;
    uint32_t at;  // index of the left symbol
    TokenId left;
    TokenId right;
    TokenId result;
  };
  static constexpr TokenId kDead = kNone;

  static bool Later(const Entry& a, const Entry& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  }

  std::optional<Entry> Candidate(uint32_t at) const {
    const TokenId left = symbols_[at];
    const TokenId right = symbols_[links_[at].next];
    const Merge* merge = merges_.Find(left, right);
    if (merge == nullptr) return std::nullopt;
    return Entry{merge->rank, at, left, right, merge->result};
  }

  void Push(uint32_t at) {
    const auto entry = Candidate(at);
    if (!entry) return;
    heap_.push_back(*entry);
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }

  bool IsCurrent(const Entry& entry) const {
    const uint32_t next = links_[entry.at].next;
    return symbols_[entry.at] == entry.left && next != kNone &&
           symbols_[next] == entry.right;
  }

  void Apply(const Entry& entry) {
    const uint32_t gone = links_[entry.at].next;
    const uint32_t next = links_[gone].next;
    symbols_[entry.at] = entry.result;
    symbols_[gone] = kDead;
    links_[entry.at].next = next;
    if (next != kNone) {
      links_[next].previous = entry.at;
      Push(entry.at);
    }
    if (links_[entry.at].previous != kNone) Push(links_[entry.at].previous);
  }

  void Compact() {
    size_t count = 0;
    for (uint32_t i = 0; i != kNone; i = links_[i].next) {
      symbols_[count++] = symbols_[i];
    }
    symbols_.resize(count);
  }

  const MergeTable& merges_;
  std::vector<TokenId>& symbols_;
  std::vector<Links> links_;
  std::vector<Entry> heap_;
};

}  // namespace

void MergeSymbols(const MergeTable& merges, std::vector<TokenId>* symbols) {
  if (symbols->size() < 2) return;
  if (symbols->size() <= kShortLimit) {
    ShortMerger(merges, symbols).Run();
  } else {
    LongMerger(merges, symbols).Run();
  }
}

}  // namespace krait::engine
