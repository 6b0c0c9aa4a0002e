// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MEMORY_TEXT_MEMORY_H_
#define KRAIT_ENGINE_MEMORY_TEXT_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/file/token.h"
#include "engine/memory/memory_weights.h"
#include "engine/memory/text_collection.h"
#include "engine/memory/text_tokens.h"
#include "engine/memory/token_columns.h"
#include "engine/memory/token_forms.h"

namespace krait::engine {

// Where places are, the nearest first.
enum class MemoryScope : uint8_t {
  kDocument,    // in the text at hand
  kOpen,        // in the other texts
  kFolder,      // in the collection's texts nearby
  kRepository,  // in the others of the collection
};
inline constexpr size_t kMemoryScopes = 4;

// What the places that match with at least `lengths[length]` tokens say.
struct MemoryVote {
  size_t length = 0;  // index into MemoryWeights::lengths
  MemoryScope scope = MemoryScope::kDocument;
  uint32_t count = 0;  // places
  uint32_t most = 0;   // of which the likeliest next token follows
  TokenId likeliest = 0;
  MemoryFeatures features{};
};

// Predicts the next token of a text from what followed the same words
// elsewhere: in the text before, in the text behind the line at hand, in other
// texts, and in a collection of many. Of all but the latter all places are
// looked at where the last tokens stood before (so that there is nothing to
// keep up but the tokens); the longer the match, the more it weighs
// (interpolated backing-off, Jelinek and Mercer 1980), with the model at the
// bottom.
//
// Thread-compatible.
class TextMemory {
 public:
  // Matches count up to this many tokens.
  static constexpr size_t kMaxLength = 32;
  // Of the text before, of that behind, and of each other one so many places
  // count, the nearest, and as many that are further off but match with at
  // least kFarLength tokens: bounds the work for what stands everywhere.
  static constexpr size_t kMostPlaces = 512;
  static constexpr size_t kFarLength = 3;
  // Of a collection kMostPlaces count, those of the longest matches first;
  // where there are more of one length, some spread over all of them. Among so
  // many it is looked for what goes on with what is typed.
  static constexpr size_t kMostTried = 8192;

  // `forms` and `weights` must outlive it. `text` is the whole document as far
  // as it is remembered; its line `line` is the one at hand, of which `begun`
  // are the tokens before the place. Nothing else of that line is looked at.
  TextMemory(const TokenForms& forms, const MemoryWeights& weights,
             TextTokensPtr text, size_t line, std::span<const TokenId> begun,
             std::vector<TextTokensPtr> others,
             RememberedCollection collection = {});

  // Returns the logarithms of the mixture's probabilities [vocab], or `logits`
  // if there is nothing to mix in. `beginning`: what the next tokens have to
  // begin with; `logits` are restricted to it. Valid until the next call.
  std::span<const float> Mix(std::span<const float> logits,
                             std::string_view beginning);

  // What the last Mix was made of, the longest matches first.
  const std::vector<MemoryVote>& votes() const { return votes_; }
  // Returns how many of the vote's places are followed by `token`.
  uint32_t CountOf(const MemoryVote& vote, TokenId token) const;

  // The next token is there.
  void Accept(TokenId token);

 private:
  // A text in which matches are searched. No match reaches beyond its begin.
  struct Source {
    TokenView text;
    MemoryScope scope = MemoryScope::kDocument;
    // Where its places are counted from: the place at hand is behind it, or
    // before.
    bool from_end = false;
  };

  // What the places of a scope that were counted so far say.
  struct Tally {
    MemoryVote vote;
    std::vector<uint32_t> counts;  // [vocab], 0 between calls
    std::vector<TokenId> tokens;   // those that were counted

    void Add(TokenId next);
    void Clear();
  };

  std::vector<Source> Sources() const;
  void FindMatches(std::string_view beginning);
  void MatchLast(const Source& source);
  // What is typed of a word, and how a token of it is looked for.
  struct Typed;
  void MatchTyped(const Source& source, const Typed& typed);
  void FindTokensOf(const Typed& typed);
  std::optional<TokenId> TokenToSay(TokenId found, const Typed& typed) const;
  bool GoesOn(const Source& source, size_t at, const Typed& typed) const;
  void MatchCollection(const Typed* typed);
  // Counts places of a range that are in no longer one; returns how many.
  size_t MatchRange(const std::vector<TextCollection::Range>& ranges,
                    size_t index, const Typed* typed, size_t room);
  void MatchWithoutPast(const Typed& typed, size_t room);
  bool TryPlace(uint32_t place, size_t index, const Typed* typed);
  // What followed a place, by the length of its match.
  std::vector<TokenId>& Matches(size_t length, MemoryScope scope) {
    return matches_[kMemoryScopes * length + static_cast<size_t>(scope)];
  }
  class Places;
  void Add(const Source& source, size_t length, TokenId next);
  size_t LengthAt(const Source& source, size_t at) const;
  float Vote(std::span<const float> logits, float log_sum, size_t typed_bytes);
  void AddShares(const Tally& tally, float weight);
  float WeightOf(const MemoryVote& vote) const;

  const TokenForms& forms_;
  const MemoryWeights& weights_;
  const TextTokensPtr text_;
  const size_t behind_;  // the first token behind the line at hand
  const std::vector<TextTokensPtr> others_;
  const RememberedCollection collection_;
  // The text before the place, with what was accepted.
  TokenColumns past_;

  // Of the last Mix.
  // [lengths, scopes], of matches that are shorter than the next length.
  std::vector<std::vector<TokenId>> matches_;
  std::vector<MemoryVote> votes_;
  std::vector<uint8_t> begins_;  // [vocab] 1: with it what is typed may begin
  Tally tallies_[kMemoryScopes];
  std::vector<float> share_;   // [vocab] of the mixture; 0 between calls
  std::vector<TokenId> said_;  // those with a share
  std::vector<float> mixed_;   // [vocab]
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MEMORY_TEXT_MEMORY_H_
