// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_VOCABULARY_H_
#define KRAIT_ENGINE_TOKENIZER_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// The numbers are those of SentencePiece's and of GGUF's token types.
enum class TokenType : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // never from text
  kUserDefined = 4,  // found in the text before anything is merged
  kUnused = 5,       // merged, but never put out
  kByte = 6,         // "<0x0A>"
};

// Strings one after the other in one block of memory.
class StringTable {
 public:
  void Add(std::string_view text) {
    data_.append(text);
    ends_.push_back(static_cast<uint32_t>(data_.size()));
  }
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(data_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string data_;
  std::vector<uint32_t> ends_;
};

// The tokens by id, and ids by name. Files of more than 256 MiB are refused
// before they get here, so offsets fit 32 bits.
class Vocabulary {
 public:
  // Adds the token with the next id. Returns false if the name is taken; the
  // token then exists, but is not found by name. An empty name (a hole in the
  // ids) is never found.
  bool Add(std::string_view name, TokenType type);

  size_t size() const { return types_.size(); }
  std::string_view Name(TokenId id) const { return names_[id]; }
  TokenType Type(TokenId id) const { return types_[id]; }
  void SetType(TokenId id, TokenType type) { types_[id] = type; }
  std::optional<TokenId> Find(std::string_view name) const;

 private:
  void Grow();

  StringTable names_;
  std::vector<TokenType> types_;
  std::vector<uint32_t> slots_;  // open addressing: id + 1, 0 is free
  size_t num_used_ = 0;
};

// Returns the value of a byte token's name ("<0x0A>" is 10).
std::optional<uint8_t> ParseByteName(std::string_view name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_VOCABULARY_H_
