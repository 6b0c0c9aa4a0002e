// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/word_piece_tokenizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

constexpr std::string_view kGoesOn = "##";
constexpr std::string_view kBegins = "\u2581";

bool IsIdeograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

// Of ASCII all that is neither letter, digit, space nor control character.
bool IsPunctuation(char32_t c) {
  if (c < 0x80) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  }
  return (FlagsOf(c) & kPunctuationFlag) != 0;
}

bool IsSpace(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
         (c >= 0x80 && (FlagsOf(c) & kSpaceFlag) != 0);
}

// Control characters, and what is no character.
bool IsDropped(char32_t c) {
  if (c < 0x80) return c < 0x20 || c == 0x7F;
  if (c == 0xFFFD) return true;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_CS ||
         category == UTF8PROC_CATEGORY_CO;
}

}  // namespace

// The words of a text, normalised, one by one as it is read.
class WordPieceTokenizer::Words {
 public:
  Words(const WordPieceTokenizer& tokenizer, std::vector<TokenId>* ids)
      : tokenizer_(tokenizer), spec_(tokenizer.spec_), ids_(ids) {}

  void Read(std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const Utf8Char c = DecodeUtf8(text, at);
      at += c.size;
      if (!c.valid) continue;  // no character
      if (IsSpace(c.code)) {
        EndWord();
      } else if (!spec_.clean_text || !IsDropped(c.code)) {
        AddNormalised(c.code);
      }
    }
    EndWord();
  }

 private:
  void AddNormalised(char32_t c) {
    if (c < 0x80) {
      if (spec_.lowercase && c >= 'A' && c <= 'Z') c += 32;
      return Add(c);
    }
    if (!spec_.strip_accents) return Add(Lower(c));
    constexpr size_t kMost = 32;  // that one character decomposes into
    std::array<utf8proc_int32_t, kMost> parts{};
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(),
                                kMost, UTF8PROC_DECOMPOSE, &boundary);
    if (count < 0 || count > static_cast<utf8proc_ssize_t>(kMost)) return;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      if (utf8proc_category(parts[i]) == UTF8PROC_CATEGORY_MN) continue;
      Add(Lower(static_cast<char32_t>(parts[i])));
    }
  }

  char32_t Lower(char32_t c) const {
    if (!spec_.lowercase) return c;
    return static_cast<char32_t>(
        utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
  }

  void Add(char32_t c) {
    const bool alone =
        IsPunctuation(c) || (spec_.space_out_chinese && IsIdeograph(c));
    if (alone) EndWord();
    AppendUtf8(c, &word_);
    ++characters_;
    if (alone) EndWord();
  }

  void EndWord() {
    if (word_.empty()) return;
    tokenizer_.EncodeWord(word_, characters_, ids_);
    word_.clear();
    characters_ = 0;
  }

  const WordPieceTokenizer& tokenizer_;
  const WordPieceSpec& spec_;
  std::vector<TokenId>* const ids_;
  std::string word_;
  size_t characters_ = 0;
};

WordPieceTokenizer::WordPieceTokenizer(WordPieceSpec spec)
    : spec_(std::move(spec)) {
  vocab_size_ = spec_.vocabulary.size();
  special_ = spec_.special;
  for (TokenId id = 0; id < vocab_size_; ++id) {
    if (IsControl(id)) continue;
    std::string_view name = spec_.vocabulary.Name(id);
    const std::string_view mark = spec_.marks_begins ? kBegins : kGoesOn;
    const bool marked = name.starts_with(mark) && name.size() > mark.size();
    if (marked) name.remove_prefix(mark.size());
    longest_ = std::max(longest_, name.size());
    (marked == spec_.marks_begins ? begins_ : others_).emplace(name, id);
  }
}

Result<std::unique_ptr<Tokenizer>> WordPieceTokenizer::Create(
    WordPieceSpec spec) {
  if (!spec.special.unknown) {
    return MakeError(ErrorCode::kBadFile,
                     spec.source + ": expected an unknown token");
  }
  return std::unique_ptr<Tokenizer>(new WordPieceTokenizer(std::move(spec)));
}

void WordPieceTokenizer::Encode(std::string_view text, DummyPrefix,
                                std::vector<TokenId>* ids) const {
  Words(*this, ids).Read(text);
}

void WordPieceTokenizer::EncodeWord(std::string_view word, size_t characters,
                                    std::vector<TokenId>* ids) const {
  const size_t before = ids->size();
  const auto give_up = [&] {
    ids->resize(before);
    ids->push_back(*special_.unknown);
  };
  if (characters > spec_.most_characters) return give_up();
  for (size_t begin = 0; begin < word.size();) {
    const Pieces& pieces = begin == 0 ? begins_ : others_;
    size_t bytes = std::min(longest_, word.size() - begin);
    Pieces::const_iterator found;
    for (; bytes > 0; --bytes) {
      found = pieces.find(word.substr(begin, bytes));
      if (found != pieces.end()) break;
    }
    if (bytes == 0) return give_up();
    ids->push_back(found->second);
    begin += bytes;
  }
}

std::string_view WordPieceTokenizer::TokenBytes(TokenId id) const {
  if (id >= vocab_size_ || IsControl(id)) return {};
  std::string_view name = spec_.vocabulary.Name(id);
  const std::string_view mark = spec_.marks_begins ? kBegins : kGoesOn;
  if (name.starts_with(mark)) name.remove_prefix(mark.size());
  return name;
}

std::string WordPieceTokenizer::Decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) {
    const std::string_view bytes = TokenBytes(id);
    const auto begin = begins_.find(bytes);
    const bool begins = begin != begins_.end() && begin->second == id;
    if (begins && !text.empty()) text += ' ';
    text += bytes;
  }
  return text;
}

bool WordPieceTokenizer::IsControl(TokenId id) const {
  if (id >= vocab_size_) return false;
  const TokenType type = spec_.vocabulary.Type(id);
  return type == TokenType::kControl || type == TokenType::kUnknown;
}

std::optional<TokenId> WordPieceTokenizer::FindToken(
    std::string_view written) const {
  return spec_.vocabulary.Find(written);
}

std::string_view WordPieceTokenizer::TokenName(TokenId id) const {
  return id < vocab_size_ ? spec_.vocabulary.Name(id) : std::string_view();
}

}  // namespace krait::engine
