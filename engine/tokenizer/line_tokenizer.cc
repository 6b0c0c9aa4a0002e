// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/line_tokenizer.h"

#include <utility>

namespace krait::engine {
namespace {

// What an entry costs beside its text and ids.
constexpr size_t kEntryBytes = 96;

// Takes the first line of `text`, with its newline, off it.
std::string_view TakeLine(std::string_view* text) {
  const size_t newline = text->find('\n');
  const size_t size = newline == text->npos ? text->size() : newline + 1;
  const std::string_view line = text->substr(0, size);
  text->remove_prefix(size);
  return line;
}

}  // namespace

LineTokenizer::LineTokenizer(const Tokenizer& tokenizer, size_t max_bytes)
    : tokenizer_(tokenizer), max_bytes_(max_bytes) {}

void LineTokenizer::Encode(std::string_view text, DummyPrefix dummy,
                           std::vector<TokenId>* ids) {
  if (!tokenizer_.LinesAreIndependent()) {
    return tokenizer_.Encode(text, dummy, ids);
  }
  if (dummy == DummyPrefix::kAsTrained && !text.empty()) {
    tokenizer_.Encode(TakeLine(&text), dummy, ids);
  }
  while (!text.empty()) {
    const std::vector<TokenId>& line = Line(TakeLine(&text));
    ids->insert(ids->end(), line.begin(), line.end());
  }
}

size_t LineTokenizer::Count(std::string_view text) {
  if (!tokenizer_.LinesAreIndependent()) {
    return tokenizer_.Encode(text, DummyPrefix::kNone).size();
  }
  size_t count = 0;
  while (!text.empty()) count += Line(TakeLine(&text)).size();
  return count;
}

const std::vector<TokenId>& LineTokenizer::Line(std::string_view line) {
  if (const auto found = young_.find(line); found != young_.end()) {
    return found->second;
  }
  if (const auto found = old_.find(line); found != old_.end()) {
    auto entry = old_.extract(found);
    return Remember(std::move(entry.key()), std::move(entry.mapped()));
  }
  return Remember(std::string(line),
                  tokenizer_.Encode(line, DummyPrefix::kNone));
}

const std::vector<TokenId>& LineTokenizer::Remember(std::string line,
                                                    std::vector<TokenId> ids) {
  const size_t bytes = kEntryBytes + line.size() + ids.size() * sizeof(TokenId);
  if (young_bytes_ + bytes > max_bytes_ / 2) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += bytes;
  return young_.emplace(std::move(line), std::move(ids)).first->second;
}

void LineTokenizer::Forget() {
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

}  // namespace krait::engine
