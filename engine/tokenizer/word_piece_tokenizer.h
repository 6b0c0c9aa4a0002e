// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_WORD_PIECE_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_WORD_PIECE_TOKENIZER_H_

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/file/json_file.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace krait::engine {

// What a file says about a WordPiece vocabulary.
struct WordPieceSpec {
  std::string source;  // begins error messages
  Vocabulary vocabulary;
  SpecialTokens special;
  // How names tell a piece that begins a word from one that goes on with it:
  // "##ing" goes on (Hugging Face), or "▁word" begins (GGUF).
  bool marks_begins = false;
  bool lowercase = true;
  bool strip_accents = true;
  bool clean_text = true;         // control characters go
  bool space_out_chinese = true;  // each ideograph is a word
  size_t most_characters = 100;   // a longer word is unknown
};

// WordPiece as in BERT: the text is brought to lower case and loses its
// accents, is cut into words at spaces and around punctuation, and each word
// into the longest pieces that the vocabulary has, from its begin; a word of
// which a part is no piece is the unknown token. [CLS] is `bos`, [SEP] `eos`.
// Source: Devlin et al. 2019, Schuster and Nakajima 2012.
class WordPieceTokenizer final : public Tokenizer {
 public:
  // Fails if the vocabulary has no unknown token.
  static Result<std::unique_ptr<Tokenizer>> Create(WordPieceSpec spec);

  using Tokenizer::Encode;
  void Encode(std::string_view text, DummyPrefix dummy,
              std::vector<TokenId>* ids) const override;
  std::string_view TokenBytes(TokenId id) const override;
  std::string Decode(std::span<const TokenId> ids) const override;
  bool IsControl(TokenId id) const override;
  std::optional<TokenId> FindToken(std::string_view written) const override;
  std::string_view TokenName(TokenId id) const override;

 private:
  // Pieces without what marks them.
  using Pieces = std::unordered_map<std::string_view, TokenId>;
  class Words;

  explicit WordPieceTokenizer(WordPieceSpec spec);
  void EncodeWord(std::string_view word, size_t characters,
                  std::vector<TokenId>* ids) const;

  const WordPieceSpec spec_;
  Pieces begins_;
  Pieces others_;
  size_t longest_ = 0;  // bytes of a piece
};

// Reads a tokenizer.json whose model type is WordPiece.
Result<std::unique_ptr<Tokenizer>> ParseWordPieceJson(const JsonFields& root);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_WORD_PIECE_TOKENIZER_H_
