// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/byte_level_tokenizer.h"

#include <utility>

#include "engine/tokenizer/nfc.h"
#include "engine/tokenizer/symbol_merger.h"
#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

// GPT-2 writes printable Latin-1 bytes as themselves and the other 68 as the
// characters from U+0100 on, in the order of the bytes.
bool IsItself(char32_t c) {
  return (c >= 0x21 && c <= 0x7E) || (c >= 0xA1 && c <= 0xAC) ||
         (c >= 0xAE && c <= 0xFF);
}

constexpr char32_t kFirstMoved = 0x100;

std::vector<char> MovedBytes() {
  std::vector<char> bytes;
  for (char32_t c = 0; c < 256; ++c) {
    if (!IsItself(c)) bytes.push_back(static_cast<char>(c));
  }
  return bytes;
}

// The bytes of an ordinary token; what is not in the alphabet stands for
// itself.
std::string OrdinaryBytes(std::string_view name, bool gpt2_alphabet) {
  if (!gpt2_alphabet) return std::string(name);
  return Gpt2NameToBytes(name).value_or(std::string(name));
}

}  // namespace

std::optional<std::string> Gpt2NameToBytes(std::string_view name) {
  static const std::vector<char> kMoved = MovedBytes();
  std::string bytes;
  for (size_t pos = 0; pos < name.size();) {
    const Utf8Char c = DecodeUtf8(name, pos);
    if (!c.valid) return std::nullopt;
    if (c.code >= kFirstMoved && c.code < kFirstMoved + kMoved.size()) {
      bytes.push_back(kMoved[c.code - kFirstMoved]);
    } else if (IsItself(c.code)) {
      bytes.push_back(static_cast<char>(c.code));
    } else {
      return std::nullopt;
    }
    pos += c.size;
  }
  return bytes;
}

ByteLevelTokenizer::ByteLevelTokenizer(ByteLevelSpec spec)
    : BpeTokenizer(std::move(spec.vocabulary), spec.special),
      pre_tokenizer_(std::move(spec.pre_tokenizer)),
      normalize_nfc_(spec.normalize_nfc),
      add_prefix_space_(spec.add_prefix_space) {
  for (TokenId id = 0; id < vocab_size_; ++id) {
    const std::string_view name = vocabulary_.Name(id);
    switch (vocabulary_.Type(id)) {
      case TokenType::kControl:
      case TokenType::kUnknown:
        AddTokenBytes("");
        break;
      case TokenType::kUserDefined:
        AddTokenBytes(name);
        user_defined_.Add(name, id);
        break;
      default:
        AddTokenBytes(OrdinaryBytes(name, spec.gpt2_alphabet));
        if (TokenBytes(id).size() == 1) {
          auto& byte_id =
              byte_ids_[static_cast<unsigned char>(TokenBytes(id)[0])];
          if (!byte_id) byte_id = id;
        }
    }
  }
  merges_.Reserve(spec.merges.size());
  for (const ListedMerge& merge : spec.merges) {
    // No text becomes a control token, not even where merges would make one.
    if (vocabulary_.Type(merge.result) == TokenType::kControl) continue;
    merges_.Insert(merge.left, merge.right, {merge.rank, merge.result});
  }
  if (!spec.whole_words_first) return;
  for (TokenId id = 0; id < vocab_size_; ++id) {
    if (vocabulary_.Type(id) != TokenType::kNormal) continue;
    if (TokenBytes(id).size() > 1) whole_words_.try_emplace(TokenBytes(id), id);
  }
}

Result<std::unique_ptr<Tokenizer>> ByteLevelTokenizer::Create(
    ByteLevelSpec spec) {
  if (spec.vocabulary.size() == 0) {
    return MakeError(ErrorCode::kBadFile,
                     spec.source + ": the vocabulary is empty");
  }
  return std::unique_ptr<Tokenizer>(new ByteLevelTokenizer(std::move(spec)));
}

void ByteLevelTokenizer::Encode(std::string_view text, DummyPrefix,
                                std::vector<TokenId>* ids) const {
  std::string normalized;
  if (normalize_nfc_ && !IsAscii(text)) {
    normalized = NormalizeNfc(text);
    text = normalized;
  }
  size_t begin = 0;  // of the stretch that has not been encoded yet
  for (size_t pos = 0; pos < text.size();) {
    const auto match = user_defined_.MayBegin(text[pos])
                           ? user_defined_.Find(text, pos)
                           : std::nullopt;
    if (!match) {
      ++pos;
      continue;
    }
    EncodeStretch(text.substr(begin, pos - begin), ids);
    ids->push_back(match->id);
    pos += match->size;
    begin = pos;
  }
  EncodeStretch(text.substr(begin), ids);
}

void ByteLevelTokenizer::EncodeStretch(std::string_view text,
                                       std::vector<TokenId>* ids) const {
  if (text.empty()) return;
  std::string with_space;
  if (add_prefix_space_ && text[0] != ' ') {
    with_space.reserve(text.size() + 1);
    with_space.push_back(' ');
    with_space.append(text);
    text = with_space;
  }
  std::vector<size_t> ends;
  pre_tokenizer_.Split(text, &ends);
  ChunkCache& cache = ChunkCache::OfThread();
  size_t begin = 0;
  for (const size_t end : ends) {
    const std::string_view word = text.substr(begin, end - begin);
    AppendCached(word, &cache, ids,
                 [&](std::vector<TokenId>* out) { EncodeWord(word, out); });
    begin = end;
  }
}

void ByteLevelTokenizer::EncodeWord(std::string_view word,
                                    std::vector<TokenId>* ids) const {
  if (!whole_words_.empty()) {
    const auto whole = whole_words_.find(word);
    if (whole != whole_words_.end()) return ids->push_back(whole->second);
  }
  std::vector<TokenId> symbols;
  symbols.reserve(word.size());
  for (const char byte : word) {
    const auto id = byte_ids_[static_cast<unsigned char>(byte)];
    if (id) {
      symbols.push_back(*id);
    } else if (special_.unknown) {
      symbols.push_back(*special_.unknown);
    }
  }
  MergeSymbols(merges_, &symbols);
  ids->insert(ids->end(), symbols.begin(), symbols.end());
}

std::string ByteLevelTokenizer::Decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) text.append(TokenBytes(id));
  return text;
}

}  // namespace krait::engine
