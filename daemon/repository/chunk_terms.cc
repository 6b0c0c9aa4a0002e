// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/chunk_terms.h"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/code_terms.h"
#include "daemon/repository/postings.h"

namespace krait::repository {
namespace {

// How often each term is there, in the order in which they come.
class Counted {
 public:
  void Add(std::string_view text) {
    base::ForEachTerm(text, [this](std::string_view term, bool) {
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

  // Adds those that are there so often, with the mark, each behind a blank.
  void AddTo(TermMark mark, uint32_t least, std::string* words) const {
    for (size_t i = 0; i < terms_.size(); ++i) {
      if (counts_[i] < least) continue;
      *words += MarkedTerm(terms_[i], mark);
      *words += ' ';
    }
  }

 private:
  std::deque<std::string> terms_;  // where they stay
  std::vector<uint32_t> counts_;
  std::unordered_map<std::string_view, size_t> index_;
};

}  // namespace

ChunkTerms TermsOfChunk(Chunk chunk, std::string_view path,
                        std::string_view text) {
  ChunkTerms terms;
  Counted body;
  body.Add(text.substr(chunk.begin_ofs, chunk.end_ofs - chunk.begin_ofs));
  body.AddTo(TermMark::kNone, 1, &terms.words);
  body.AddTo(TermMark::kOften, kOften, &terms.words);
  terms.count = body.size();
  const auto add = [&terms](TermMark mark, std::string_view marked) {
    Counted counted;
    counted.Add(marked);
    counted.AddTo(mark, 1, &terms.words);
  };
  add(TermMark::kName, chunk.name + " " + chunk.container);
  Counted whole;
  whole.Add(chunk.name);
  if (whole.size() == 1) whole.AddTo(TermMark::kWhole, 1, &terms.words);
  add(TermMark::kPath, path);
  chunk.head = {};
  terms.chunk = std::move(chunk);
  return terms;
}

}  // namespace krait::repository
