// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/chunk_terms.h"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/repository/code_terms.h"

namespace krait::repository {
namespace {

constexpr uint32_t kOften = 3;

// How often each term is there, in the order in which they come.
class Counted {
 public:
  void Add(std::string_view text) {
    ForEachTerm(text, [this](std::string_view term, bool) {
      const auto found = index_.find(term);
      if (found != index_.end()) {
        ++counts_[found->second];
        return;
      }
      const std::string& kept = terms_.emplace_back(term);
      index_.emplace(kept, counts_.size());
      counts_.push_back(1);
    });
  }

  size_t size() const { return terms_.size(); }

  std::string AtLeast(uint32_t count) const {
    std::string all;
    for (size_t i = 0; i < terms_.size(); ++i) {
      if (counts_[i] < count) continue;
      if (!all.empty()) all += ' ';
      all += terms_[i];
    }
    return all;
  }

 private:
  std::deque<std::string> terms_;  // where they stay
  std::vector<uint32_t> counts_;
  std::unordered_map<std::string_view, size_t> index_;
};

}  // namespace

std::string TermsOnce(std::string_view text) {
  Counted counted;
  counted.Add(text);
  return counted.AtLeast(1);
}

ChunkTerms TermsOfChunk(Chunk chunk, std::string_view text) {
  ChunkTerms terms;
  terms.name = TermsOnce(chunk.name + " " + chunk.container);
  terms.head = TermsOnce(chunk.head);
  Counted body;
  body.Add(text.substr(chunk.begin_ofs, chunk.end_ofs - chunk.begin_ofs));
  terms.body = body.AtLeast(1);
  terms.count = body.size();
  terms.often = body.AtLeast(kOften);
  chunk.head = {};
  terms.chunk = std::move(chunk);
  return terms;
}

}  // namespace krait::repository
