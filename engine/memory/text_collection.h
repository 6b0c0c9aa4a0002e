// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_TEXT_COLLECTION_H_
#define KRAIT_ENGINE_MEMORY_TEXT_COLLECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/memory/token_forms.h"

namespace krait::engine {

// The tokens of many texts, such as a repository's, in which the places where
// some tokens stood before are found by their number's logarithm: all places
// are sorted by what stands before them, read backwards, so that those behind
// the same tokens are neighbours (a suffix array of the reversed texts).
//
// Takes eight bytes a token. Immutable and thread-safe.
class TextCollection {
 public:
  // Places are told apart by so many tokens before them.
  static constexpr size_t kMaxLength = 32;

  // Places with the same tokens before them: ranks [begin, end).
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
    size_t size() const { return end - begin; }
  };

  // How texts become tokens: line by line, as TextTokens does, or as a whole,
  // as a model reads and writes them, whose tokens may begin with a line's end.
  enum class Tokens : uint8_t { kOfLines, kOfTexts };
  class Builder;

  // Returns a range for each number of last tokens of `past`, from 1 on, that
  // stand somewhere, at most `most`; of more tokens within the one before.
  // `past` are plain forms (TokenForms::Plain).
  std::vector<Range> Find(std::span<const TokenId> past, size_t most) const;

  // As TokenForms::Plain; nothing for a token that the vocabulary lacks.
  std::optional<TokenId> Plain(TokenId token) const {
    if (token >= plain_of_.size()) return std::nullopt;
    return plain_of_[token];
  }

  // Returns the places behind a token, whatever stands before that.
  Range Behind(TokenId plain) const;

  // Returns the place of a rank: an index of tokens(), never one of a gap.
  uint32_t Place(uint32_t rank) const { return order_[rank]; }
  // All tokens, text by text, with a gap before each.
  std::span<const TokenId> tokens() const { return tokens_; }

  // The tokens of the text around a place, and where they begin in tokens().
  struct Text {
    std::span<const TokenId> tokens;
    uint32_t begin = 0;
  };
  Text TextAt(uint32_t place) const;
  // Returns where the text of that name lies in tokens(); empty if there is
  // none.
  Range PlacesOf(std::string_view name) const;
  // The same of the texts whose names are paths in a folder (empty: names
  // without one), not below it; ascending.
  std::vector<Range> PlacesIn(std::string_view folder) const;

  size_t texts() const { return names_.size(); }
  // What it takes in memory.
  size_t bytes() const;

 private:
  TextCollection() = default;
  static constexpr TokenId kGap = static_cast<TokenId>(-1);

  // The plain form of the token `back` tokens before a place; kGap, and nothing
  // is behind it, where its text begins.
  TokenId Before(uint32_t place, size_t back) const;
  bool Less(uint32_t a, uint32_t b) const;
  bool Sort(const TokenForms& forms, const std::stop_token& stop);

  std::vector<TokenId> tokens_;
  std::vector<TokenId> plain_of_;   // [vocab] TokenForms::Plain
  std::vector<uint32_t> order_;     // places, by what stands before them
  std::vector<uint32_t> behind_;    // [vocab + 1] first rank behind each token
  std::vector<uint32_t> begins_;    // of each text, behind its gap; and the end
  std::vector<std::string> names_;  // of each text
  std::vector<uint32_t> by_name_;   // indices of names_, sorted by them
};

using TextCollectionPtr = std::shared_ptr<const TextCollection>;

// A collection of texts, the places in it that do not count: those of the text
// at hand, whose line at hand may stand there as it was, and of the others that
// are there, too; and those that lie near it.
struct RememberedCollection {
  TextCollectionPtr texts;  // null: there is none
  std::vector<TextCollection::Range> left_out = {};
  std::vector<TextCollection::Range> nearby = {};  // ascending

  bool Counts(uint32_t place) const;
  bool IsNear(uint32_t place) const;
};

// Takes texts one by one. Thread-compatible.
class TextCollection::Builder {
 public:
  // `forms` must outlive it. No text is taken any more with which there would
  // be more than `most_tokens`.
  Builder(const TokenForms& forms, size_t most_tokens,
          Tokens tokens = Tokens::kOfLines);

  // Adds a text. False: it is full.
  bool Add(std::string name, std::string_view text);
  // Sorts; null after a stop.
  TextCollectionPtr Build(const std::stop_token& stop = {});

 private:
  const TokenForms& forms_;
  const size_t most_tokens_;
  const Tokens tokens_;
  std::unique_ptr<TextCollection> collection_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_TEXT_COLLECTION_H_
