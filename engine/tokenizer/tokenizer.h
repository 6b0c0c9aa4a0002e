// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/file/token.h"
#include "engine/tokenizer/fim_choice.h"

namespace krait::engine {

class GgufFile;

// Whether SentencePiece's dummy space is put before the text. Only vocabularies
// trained with add_dummy_prefix know it; for all others both do the same.
enum class DummyPrefix : uint8_t { kAsTrained, kNone };

// How the families whose FIM tokens a vocabulary has were trained to fill in.
enum class FimOrder : uint8_t {
  kNone,  // no such tokens, or of a vocabulary that also untrained models have
  kPsm,   // [PREFIX] prefix [SUFFIX] suffix [MIDDLE]
  kSpm,   // [SUFFIX] suffix [PREFIX] prefix [MIDDLE]
};

// Ids of tokens with a role. Absent where the vocabulary has none.
struct SpecialTokens {
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  std::optional<TokenId> unknown;
  std::optional<TokenId> fim_prefix;
  std::optional<TokenId> fim_suffix;
  std::optional<TokenId> fim_middle;
  FimOrder fim_order = FimOrder::kNone;
  FimTraining fim_training = FimTraining::kNone;  // FimChoice::order
  // Which families' the FIM tokens are: "StarCoder, Granite 3, Mellum"; empty:
  // none that is known, or somebody said which tokens are to be taken.
  std::string_view fim_family;
  // What stands before a file, and before a repository's files, in what the
  // family was trained with. krait's prompts are of one file and have neither.
  std::optional<TokenId> fim_file_separator;
  std::optional<TokenId> fim_repository_separator;
  // FimChoice::file_token: of prompts that begin with the file's path.
  std::optional<TokenId> fim_file;
  bool add_bos = false;  // prompts begin with bos
};

// Text to token ids and back. Text is user data: "[INST]" in it is seven
// characters, never a control token. Immutable and thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Reads tokenizer.model (SentencePiece), tokenizer.json (Hugging Face BPE or
  // WordPiece) or tekken.json, told apart by content.
  // `fim`: instead of what the names of tokens say; a token that it names and
  // the vocabulary has not is an error.
  static Result<std::unique_ptr<Tokenizer>> FromFile(
      const std::filesystem::path& path, const FimChoice& fim = {});
  // Reads the tokenizer.ggml.* keys: model "llama" (SentencePiece), "gpt2"
  // (byte-level BPE) or "bert" (WordPiece).
  static Result<std::unique_ptr<Tokenizer>> FromGguf(const GgufFile& gguf,
                                                     const FimChoice& fim = {});

  size_t vocab_size() const { return vocab_size_; }
  const SpecialTokens& special() const { return special_; }
  // What was passed over in the tokenizer's files, for whoever asks whether
  // they are in order: sentences that name file and reason.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Appends the ids of `text` (any bytes, not necessarily UTF-8) to `ids`; no
  // bos or eos. Time and memory are linear in the text's size, up to a
  // logarithm.
  virtual void Encode(std::string_view text, DummyPrefix dummy,
                      std::vector<TokenId>* ids) const = 0;
  std::vector<TokenId> Encode(
      std::string_view text, DummyPrefix dummy = DummyPrefix::kAsTrained) const;

  // Whether the ids of a text are those of its lines (each with the newline
  // that ends it), one after the other, the dummy space before the first line
  // only. Known from the vocabulary: if nothing can merge across a newline.
  virtual bool LinesAreIndependent() const { return false; }

  // Returns the bytes that the token stands for in running text; empty for
  // control tokens and for ids outside of the vocabulary. One token's bytes
  // may be a part of a UTF-8 sequence.
  virtual std::string_view TokenBytes(TokenId id) const = 0;

  // Returns the text of `ids`, without control tokens and without the dummy
  // space of the first piece.
  virtual std::string Decode(std::span<const TokenId> ids) const = 0;

  // Control tokens never come from text and are never shown.
  virtual bool IsControl(TokenId id) const = 0;

  // Returns the id of the token that is written like this ("[PREFIX]", "def"),
  // for control tokens and ordinary ones.
  virtual std::optional<TokenId> FindToken(std::string_view written) const = 0;

  // Returns how the vocabulary writes it ("▁def", "<0x0A>", "[PREFIX]").
  virtual std::string_view TokenName(TokenId id) const = 0;

 protected:
  size_t vocab_size_ = 0;
  SpecialTokens special_;
  std::vector<std::string> warnings_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_TOKENIZER_H_
