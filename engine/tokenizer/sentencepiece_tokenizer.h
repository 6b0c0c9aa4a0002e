// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/sentencepiece_tables.h"

namespace krait::engine {

// What a file says about a SentencePiece vocabulary of model type BPE.
struct SentencePieceSpec {
  std::string source;     // begins error messages: the file, and what in it
  Vocabulary vocabulary;  // pieces, spaces written as U+2581
  // Either scores, one per piece, higher ones merge first; or the merges in
  // order (tokenizer.json).
  std::vector<float> scores;
  std::optional<std::vector<ListedMerge>> merges;
  SpecialTokens special;
  bool add_dummy_prefix = true;
  // The dummy space is left out before a text that begins with a space.
  bool no_dummy_before_space = false;
  // Spaces at both ends are dropped, and runs of spaces are one.
  bool remove_extra_spaces = false;
  // Nothing merges across the beginning of any space.
  bool split_before_spaces = false;
};

// SentencePiece BPE over characters. What is in no piece becomes its bytes
// (<0x0A>), or <unk> where the vocabulary has no byte pieces.
//
// Deviation: bytes that are not UTF-8 become their byte pieces, one each, where
// SentencePiece puts U+FFFD. So Decode gives back exactly what went in.
class SentencePieceTokenizer final : public BpeTokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> Create(SentencePieceSpec spec);

  using BpeTokenizer::Encode;
  void Encode(std::string_view text, DummyPrefix dummy,
              std::vector<TokenId>* ids) const override;
  std::string Decode(std::span<const TokenId> ids) const override;
  bool LinesAreIndependent() const override { return lines_are_independent_; }

 private:
  SentencePieceTokenizer(SentencePieceSpec spec, SentencePieceTables tables);

  // Returns the end of the chunk at `pos`: nothing merges across it, and no
  // user-defined piece begins in it.
  size_t ChunkEnd(std::string_view text, size_t pos) const;
  void EncodeChunk(std::string_view chunk, std::vector<TokenId>* ids) const;
  void AppendSymbols(std::string_view chunk, std::vector<TokenId>* out) const;

  const SentencePieceTables tables_;
  const bool add_dummy_prefix_;
  const bool no_dummy_before_space_;
  const bool remove_extra_spaces_;
  bool lines_are_independent_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_
