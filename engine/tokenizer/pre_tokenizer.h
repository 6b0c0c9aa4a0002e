// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_PRE_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_PRE_TOKENIZER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace krait::engine {

// One way to cut a text; each is written by hand for one well-known pattern.
// Whatever a pattern does not match stays together between its matches.
enum class SplitRule : uint8_t {
  kGpt2,          // 's|'t|... | ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+...
  kLlama3,        // numbers in threes, one leading non-letter, line ends apart
  kQwen2,         // as kLlama3, with single digits
  kQwen35,        // as kQwen2, with marks in words
  kSeedCoder,     // as kQwen2, no line ends behind punctuation
  kTekken,        // words also end where lower case turns to upper case
  kDigits,        // \p{N}
  kNewlines,      // [\r\n]
  kSpaceLetters,  // \s?\p{L}+
  kSpacePunctuation,  // \s?\p{P}+
  kCjk,               // runs of Han, kana and Hangul: [一-龥ࠀ-一가-퟿]+
};

// Cuts text into the words that byte-level BPE does not merge across: each rule
// cuts what the rules before it have left.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  explicit PreTokenizer(std::vector<SplitRule> rules)
      : rules_(std::move(rules)) {}

  // Appends the end offset of each word; the first begins at 0 and each other
  // where the one before ends. Linear time.
  void Split(std::string_view text, std::vector<size_t>* ends) const;

  // The rule of a regular expression in tokenizer.json or tekken.json; only
  // well-known ones are.
  static std::optional<SplitRule> RuleOfPattern(std::string_view pattern);

 private:
  std::vector<SplitRule> rules_;
};

// What GGUF's `tokenizer.ggml.pre` stands for, as llama.cpp reads it
// (llama-vocab.cpp): the rules, and what else the name decides.
struct GgufPreTokenizer {
  PreTokenizer rules;
  // A word that is a token is not built by merges.
  bool whole_words_first = false;
  // Prompts begin with bos, unless the file says otherwise.
  bool adds_bos = false;
  // Text is brought into normalisation form C, unless the file says otherwise:
  // llama.cpp never does, what the models were trained with does.
  bool nfc = false;
};

// Returns nullopt for a name that is not known.
std::optional<GgufPreTokenizer> FindGgufPreTokenizer(std::string_view name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_PRE_TOKENIZER_H_
