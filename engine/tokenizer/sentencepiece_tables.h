// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TABLES_H_
#define KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TABLES_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/error.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/prefix_matcher.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/vocabulary.h"

namespace krait::engine {

struct SentencePieceSpec;

// Pieces write a space like this (U+2581).
inline constexpr std::string_view kSpaceMark = "\xE2\x96\x81";

// Returns `piece` with spaces for space marks.
std::string WithSpaces(std::string_view piece);

// Characters fall into 256 classes: ASCII characters have their own, the space
// mark counts as a space, all others share 127 classes by hash, and a byte that
// is not UTF-8 has the last one.
using CharClass = uint8_t;
inline constexpr CharClass kBadByteClass = 255;
CharClass ClassOf(const Utf8Char& c);

// What encoding looks up, computed once from the vocabulary.
struct SentencePieceTables {
  static Result<SentencePieceTables> Build(const SentencePieceSpec& spec);

  // A merge can only produce a piece, so it cannot reach across two characters
  // that stand side by side in no piece: text is cut there, and each part
  // merges for itself with the same result. Classes that share by hash only
  // make this cut less often than it could.
  bool MayMergeAcross(CharClass left, CharClass right) const {
    return joins[size_t{left} * 256 + right];
  }
  std::bitset<size_t{256} * 256> joins;

  MergeTable merges;
  std::unordered_map<char32_t, TokenId> symbols;  // of single characters
  std::array<std::optional<TokenId>, 128> ascii_symbols;
  // Ids of <0x00> to <0xFF>; absent without byte fallback.
  std::optional<std::array<TokenId, 256>> byte_ids;
  // What symbols become in the end that are not put out as themselves:
  // characters that occur in pieces but are none (their symbols are numbered
  // from the vocabulary's size on), and unused pieces.
  std::unordered_map<TokenId, std::vector<TokenId>> replacements;
  PrefixMatcher user_defined;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TABLES_H_
