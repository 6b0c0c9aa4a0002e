// SPDX-License-Identifier: Apache-2.0
//
// A machine of what may come next in the innermost array or object. What comes
// instead is noted, and taken for what it is: after a comma that is missing the
// next key is a key.
#include "grammars/rules/json_rules.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace krait::grammars {
namespace {

struct Token {
  enum class Kind : uint8_t { kScalar, kString, kMark, kComment, kBad, kEnd };
  Kind kind = Kind::kEnd;
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  char mark = '\0';  // one of {}[],:
};

bool IsNumber(std::string_view text) {
  const auto digits = [&text] {
    size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Whether what is between the quotes may be.
bool IsInsideOfString(std::string_view inside) {
  for (size_t i = 0; i < inside.size(); ++i) {
    if (static_cast<unsigned char>(inside[i]) < 0x20) return false;
    if (inside[i] != '\\') continue;
    ++i;
    if (i == inside.size()) return false;
    if (inside[i] == 'u') {
      const std::string_view hex = inside.substr(i + 1, 4);
      const bool good =
          hex.size() == 4 && hex.find_first_not_of("0123456789abcdefABCDEF") ==
                                 std::string_view::npos;
      if (!good) return false;
    } else if (std::string_view("\"\\/bfnrt").find(inside[i]) ==
               std::string_view::npos) {
      return false;
    }
  }
  return true;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token Next() {
    ofs_ = std::min(text_.find_first_not_of(" \t\r\n", ofs_), text_.size());
    if (ofs_ == 0 && text_.starts_with("\xEF\xBB\xBF")) {
      ofs_ = std::min(text_.find_first_not_of(" \t\r\n", 3), text_.size());
    }
    if (ofs_ == text_.size()) return Make(Token::Kind::kEnd, ofs_);
    const char c = text_[ofs_];
    const std::string_view rest = text_.substr(ofs_);
    if (std::string_view("{}[],:").find(c) != std::string_view::npos) {
      Token token = Make(Token::Kind::kMark, ofs_ + 1);
      token.mark = c;
      return token;
    }
    if (c == '"') return String();
    if (rest.starts_with("//")) {
      return Make(Token::Kind::kComment, text_.find('\n', ofs_));
    }
    if (rest.starts_with("/*")) {
      const size_t end = text_.find("*/", ofs_ + 2);
      return Make(Token::Kind::kComment,
                  end == std::string_view::npos ? end : end + 2);
    }
    const size_t end =
        std::max(text_.find_first_of(" \t\r\n{}[],:\"/", ofs_), ofs_ + 1);
    const std::string_view word = text_.substr(ofs_, end - ofs_);
    const bool good =
        word == "true" || word == "false" || word == "null" || IsNumber(word);
    return Make(good ? Token::Kind::kScalar : Token::Kind::kBad, end);
  }

 private:
  Token Make(Token::Kind kind, size_t end_ofs) {
    const size_t begin = ofs_;
    ofs_ = std::min(end_ofs, text_.size());
    return {.kind = kind, .begin_ofs = begin, .end_ofs = ofs_, .mark = '\0'};
  }

  Token String() {
    for (size_t i = ofs_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        const bool good =
            IsInsideOfString(text_.substr(ofs_ + 1, i - ofs_ - 1));
        return Make(good ? Token::Kind::kString : Token::Kind::kBad, i + 1);
      }
    }
    return Make(Token::Kind::kBad, text_.find('\n', ofs_));
  }

  std::string_view text_;
  size_t ofs_ = 0;
};

class Machine {
 public:
  Machine(std::string_view text, bool with_comments)
      : text_(text), with_comments_(with_comments) {}

  std::vector<Broken> Run() {
    Lexer lexer(text_);
    for (Token token = lexer.Next(); token.kind != Token::Kind::kEnd;
         token = lexer.Next()) {
      if (token.kind == Token::Kind::kComment) {
        if (!with_comments_) Note(token.begin_ofs, token.end_ofs);
        continue;
      }
      Take(token);
      last_end_ = token.end_ofs;
    }
    if (!open_.empty()) {
      Note(last_end_, text_.size());
      broken_.back().open = true;
    } else if (next_ != Next::kEnd) {
      Note(last_end_, text_.size());
    }
    return std::move(broken_);
  }

 private:
  // What may come next.
  enum class Next : uint8_t {
    kKeyOrClose,
    kKey,
    kColon,
    kValueOrClose,
    kValue,
    kCommaOrClose,
    kEnd,
  };

  void Note(size_t begin_ofs, size_t end_ofs) {
    broken_.push_back({.begin_ofs = begin_ofs, .end_ofs = end_ofs});
  }
  // What is expected is not there.
  void NoteBefore(const Token& token) { Note(last_end_, token.begin_ofs); }

  bool InObject() const { return !open_.empty() && open_.back() == '{'; }
  void AfterValue() {
    next_ = open_.empty() ? Next::kEnd : Next::kCommaOrClose;
  }
  bool WantsValue() const {
    return next_ == Next::kValue || next_ == Next::kValueOrClose;
  }
  bool WantsKey() const {
    return next_ == Next::kKey || next_ == Next::kKeyOrClose;
  }

  void Take(const Token& token) {
    if (token.kind == Token::Kind::kMark) {
      if (token.mark == '}' || token.mark == ']') return Close(token);
      if (token.mark == ',') return Comma(token);
      if (token.mark == ':') return Colon(token);
    }
    if (token.kind == Token::Kind::kBad) Note(token.begin_ofs, token.end_ofs);
    if (next_ == Next::kCommaOrClose || next_ == Next::kEnd) {
      NoteBefore(token);
      next_ = InObject() ? Next::kKey : Next::kValue;
    } else if (next_ == Next::kColon) {
      NoteBefore(token);
      next_ = Next::kValue;
    }
    if (token.kind == Token::Kind::kMark) {
      if (WantsKey()) NoteBefore(token);
      open_.push_back(token.mark);
      next_ = token.mark == '{' ? Next::kKeyOrClose : Next::kValueOrClose;
    } else if (WantsKey()) {
      if (token.kind == Token::Kind::kScalar) {
        Note(token.begin_ofs, token.end_ofs);
      }
      next_ = Next::kColon;
    } else {
      AfterValue();
    }
  }

  void Close(const Token& token) {
    const char opens = token.mark == '}' ? '{' : '[';
    if (open_.find(opens) == std::string::npos) {
      return Note(token.begin_ofs, token.end_ofs);
    }
    const bool fits = next_ == Next::kCommaOrClose ||
                      next_ == Next::kKeyOrClose ||
                      next_ == Next::kValueOrClose;
    if (!fits || open_.back() != opens) NoteBefore(token);
    while (open_.back() != opens) open_.pop_back();
    open_.pop_back();
    AfterValue();
  }

  void Comma(const Token& token) {
    if (next_ != Next::kCommaOrClose) NoteBefore(token);
    if (open_.empty()) return Note(token.begin_ofs, token.end_ofs);
    next_ = InObject() ? Next::kKey : Next::kValue;
  }

  void Colon(const Token& token) {
    if (next_ != Next::kColon) NoteBefore(token);
    if (InObject()) next_ = Next::kValue;
  }

  std::string_view text_;
  bool with_comments_;
  std::string open_;
  Next next_ = Next::kValue;
  size_t last_end_ = 0;
  std::vector<Broken> broken_;
};

}  // namespace

std::vector<Broken> FindBrokenJson(std::string_view text, bool with_comments) {
  return Machine(text, with_comments).Run();
}

bool HasJsonComments(std::string_view text) {
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != Token::Kind::kEnd;
       token = lexer.Next()) {
    if (token.kind == Token::Kind::kComment) return true;
  }
  return false;
}

}  // namespace krait::grammars
