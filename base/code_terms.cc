// SPDX-License-Identifier: Apache-2.0
#include "base/code_terms.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace krait::base {
namespace {

// What a character is to a word.
enum class Class : unsigned char {
  kNone,  // ends it
  kLower,
  kUpper,
  kDigit,
  kUnderscore,
  kPair,  // of a script without spaces
};

struct Character {
  Class kind = Class::kNone;
  int32_t lower = 0;  // the code point in lower case
  size_t bytes = 1;
};

bool IsWithoutSpaces(int32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         (c >= 0x0E00 && c <= 0x0EFF);
}

Character Ascii(unsigned char c) {
  if (c >= 'a' && c <= 'z') return {Class::kLower, c};
  if (c >= 'A' && c <= 'Z') return {Class::kUpper, c + 32};
  if (c >= '0' && c <= '9') return {Class::kDigit, c};
  if (c == '_') return {Class::kUnderscore, c};
  return {};
}

Character CharacterAt(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return Ascii(first);
  utf8proc_int32_t point = 0;
  const auto bytes = utf8proc_iterate(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()) +  // NOLINT
          at,
      static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  if (bytes <= 0) return {};
  Character character{.bytes = static_cast<size_t>(bytes)};
  if (IsWithoutSpaces(point)) {
    character.kind = Class::kPair;
    character.lower = point;
    return character;
  }
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      character.kind = Class::kUpper;
      break;
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
      character.kind = Class::kLower;
      break;
    case UTF8PROC_CATEGORY_ND:
      character.kind = Class::kDigit;
      break;
    default:
      return character;
  }
  character.lower = utf8proc_tolower(point);
  return character;
}

// A word in lower case, as it is read.
class Word {
 public:
  using OnTerm = std::function<void(std::string_view, bool)>;

  void Add(const Character& character, const OnTerm& on_term) {
    const Class kind = character.kind;
    if (kind == Class::kPair) return AddPair(character, on_term);
    if (kind == Class::kUnderscore) {
      BeginPart();
    } else {
      if (BeginsPart(kind)) BeginPart();
      // The last of several capitals begins a part of its own: HTTPServer.
      if (last_ == Class::kUpper && kind == Class::kLower && upper_run_ > 1) {
        const size_t back = last_bytes_;
        if (text_.size() - back > part_begins_.back()) {
          part_begins_.push_back(text_.size() - back);
        }
      }
      Append(character);
    }
    upper_run_ = kind == Class::kUpper ? upper_run_ + 1 : 0;
    last_ = kind;
  }

  void End(const OnTerm& on_term) {
    if (!text_.empty()) Say(on_term);
    text_.clear();
    part_begins_.assign(1, 0);
    last_ = Class::kNone;
    upper_run_ = 0;
    last_pair_.clear();
  }

 private:
  bool BeginsPart(Class kind) const {
    if (last_ == Class::kLower && kind == Class::kUpper) return true;
    return last_ == Class::kDigit && kind == Class::kUpper;
  }

  void BeginPart() {
    if (text_.size() > part_begins_.back())
      part_begins_.push_back(text_.size());
  }

  void Append(const Character& character) {
    const size_t before = text_.size();
    AppendPoint(character.lower, &text_);
    last_bytes_ = text_.size() - before;
  }

  static void AppendPoint(int32_t point, std::string* text) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto size = utf8proc_encode_char(point, bytes.data());
    text->append(bytes.begin(), bytes.begin() + size);
  }

  void AddPair(const Character& character, const OnTerm& on_term) {
    std::string one;
    AppendPoint(character.lower, &one);
    std::string previous = std::move(last_pair_);
    if (previous.empty()) End(on_term);
    if (!previous.empty()) on_term(previous + one, false);
    last_pair_ = std::move(one);
  }

  void Say(const OnTerm& on_term) {
    if (part_begins_.back() == text_.size() && part_begins_.size() > 1) {
      part_begins_.pop_back();
    }
    const std::string_view text = text_;
    const bool parts = part_begins_.size() > 1;
    if (parts && text.size() <= kMaxTerm) on_term(text, true);
    for (size_t i = 0; i < part_begins_.size(); ++i) {
      const size_t end =
          i + 1 < part_begins_.size() ? part_begins_[i + 1] : text.size();
      const std::string_view part =
          text.substr(part_begins_[i], end - part_begins_[i]);
      // A letter by itself says little, a long number nothing.
      if (part.size() < 2 || part.size() > kMaxTerm) continue;
      const bool number = part.find_first_not_of("0123456789") == part.npos;
      if (number && part.size() > 6) continue;
      on_term(Stem(part), false);
    }
  }

  std::string text_;
  std::vector<size_t> part_begins_ = {0};
  Class last_ = Class::kNone;
  size_t last_bytes_ = 0;
  size_t upper_run_ = 0;
  std::string last_pair_;  // a character of a script without spaces
};

bool IsVowel(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

bool HasVowel(std::string_view text) {
  return std::ranges::any_of(text, IsVowel);
}

// "runn" is "run".
std::string_view WithoutDouble(std::string_view stem) {
  const size_t size = stem.size();
  if (size > 3 && stem[size - 1] == stem[size - 2] &&
      !IsVowel(stem[size - 1]) && stem[size - 1] != 'l' &&
      stem[size - 1] != 's') {
    stem.remove_suffix(1);
  }
  return stem;
}

}  // namespace

std::string_view Stem(std::string_view word) {
  if (word.size() < 4 ||
      !std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) {
    return word;
  }
  if (word.ends_with("sses")) {
    word.remove_suffix(2);
  } else if (word.ends_with('s') && !word.ends_with("ss") &&
             !word.ends_with("us") && !word.ends_with("is")) {
    word.remove_suffix(1);
  }
  for (const std::string_view end : {"ing", "ed"}) {
    if (word.ends_with(end) && word.size() >= end.size() + 3 &&
        HasVowel(word.substr(0, word.size() - end.size()))) {
      word = WithoutDouble(word.substr(0, word.size() - end.size()));
      break;
    }
  }
  if (word.size() > 4 && word.ends_with('e')) word.remove_suffix(1);
  if (word.size() > 3 && (word.ends_with('i') || word.ends_with('y'))) {
    word.remove_suffix(1);  // "copies" is "copy"
  }
  return word;
}

void ForEachTerm(
    std::string_view text,
    const std::function<void(std::string_view term, bool whole)>& on_term) {
  Word word;
  for (size_t at = 0; at < text.size();) {
    const Character character = CharacterAt(text, at);
    at += character.bytes;
    if (character.kind == Class::kNone) {
      word.End(on_term);
    } else {
      word.Add(character, on_term);
    }
  }
  word.End(on_term);
}

}  // namespace krait::base
