// SPDX-License-Identifier: Apache-2.0
// The patterns, written out. Each function says which alternative of the
// regular expression it is; alternatives are tried in the pattern's order, and
// what backtracking would find is computed directly.
#include "engine/tokenizer/split_rules.h"

#include <algorithm>
#include <cstdint>

#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

constexpr uint8_t kWordFlags = kLetterFlag | kNumberFlag;
// [\p{L}\p{M}]: letters have one of these flags at least, marks both.
constexpr uint8_t kLetterOrMark = kUpperFlag | kLowerFlag;

struct Cursor {
  std::string_view text;
  size_t pos;

  bool AtEnd() const { return pos >= text.size(); }
  FlaggedChar Peek() const { return FlaggedCharAt(text, pos); }
  bool Has(uint8_t flags) const {
    return !AtEnd() && (Peek().flags & flags) != 0;
  }
  bool HasOther(uint8_t letters) const {
    return !AtEnd() &&
           (Peek().flags & (kNumberFlag | kSpaceFlag | letters)) == 0;
  }
  void SkipWith(uint8_t flags) {
    while (Has(flags)) pos += Peek().size;
  }
  void SkipOthers(uint8_t letters) {
    while (HasOther(letters)) pos += Peek().size;
  }
};

// '(s|t|re|ve|m|ll|d): returns its size, or 0.
size_t ContractionSize(std::string_view text, size_t pos, bool ignore_case) {
  if (text[pos] != '\'') return 0;
  const auto letter = [&](size_t i) -> char {
    if (pos + i >= text.size()) return '\0';
    const char c = text[pos + i];
    return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  const char first = letter(1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const char second = letter(2);
  const bool two = (first == 'r' && second == 'e') ||
                   (first == 'v' && second == 'e') ||
                   (first == 'l' && second == 'l');
  return two ? 3 : 0;
}

// \s+(?!\S)|\s+ at a space character: all spaces up to the end of the text, or
// all but the one before the next word; a single one is taken in any case.
size_t SpacesEnd(std::string_view text, size_t pos) {
  Cursor cursor{text, pos};
  size_t last = pos;
  while (cursor.Has(kSpaceFlag)) {
    last = cursor.pos;
    cursor.pos += cursor.Peek().size;
  }
  return cursor.AtEnd() || last == pos ? cursor.pos : last;
}

// \s*[\r\n]+ : up to the last line end of the run of spaces, or 0.
size_t LineEndsEnd(std::string_view text, size_t pos) {
  Cursor cursor{text, pos};
  size_t end = 0;
  while (cursor.Has(kSpaceFlag)) {
    const FlaggedChar c = cursor.Peek();
    cursor.pos += c.size;
    if ((c.flags & kNewlineFlag) != 0) end = cursor.pos;
  }
  return end;
}

size_t Gpt2End(std::string_view text, size_t pos) {
  if (const size_t size = ContractionSize(text, pos, false)) return pos + size;
  Cursor cursor{text, pos};
  if (text[pos] == ' ') ++cursor.pos;
  if (cursor.AtEnd() || cursor.Has(kSpaceFlag)) return SpacesEnd(text, pos);
  if (cursor.Has(kLetterFlag)) {
    cursor.SkipWith(kLetterFlag);
  } else if (cursor.Has(kNumberFlag)) {
    cursor.SkipWith(kNumberFlag);
  } else {
    cursor.SkipOthers(kLetterFlag);
  }
  return cursor.pos;
}

// What the patterns of Llama 3 and its successors differ in.
struct WordStyle {
  size_t max_digits = 1;           // of a number
  uint8_t letters = kLetterFlag;   // what words consist of
  std::string_view tail = "\r\n";  // what may follow other characters
};

//  ?[^\s\p{L}\p{N}]+[tail]*, or 0.
size_t OthersEnd(std::string_view text, size_t pos, const WordStyle& style) {
  Cursor cursor{text, pos};
  if (text[pos] == ' ') ++cursor.pos;
  if (!cursor.HasOther(style.letters)) return 0;
  cursor.SkipOthers(style.letters);
  while (!cursor.AtEnd() &&
         style.tail.find(text[cursor.pos]) != style.tail.npos)
    ++cursor.pos;
  return cursor.pos;
}

size_t OthersOrSpacesEnd(std::string_view text, size_t pos,
                         const WordStyle& style) {
  if (const size_t end = OthersEnd(text, pos, style)) return end;
  if (const size_t end = LineEndsEnd(text, pos)) return end;
  return SpacesEnd(text, pos);
}

// [^\r\n\p{L}\p{N}]? : returns where the word proper would begin.
size_t AfterLead(std::string_view text, size_t pos) {
  const FlaggedChar c = FlaggedCharAt(text, pos);
  return (c.flags & (kNewlineFlag | kWordFlags)) == 0 ? pos + c.size : pos;
}

// [^\r\n\p{L}\p{N}]?[letters]+ from `pos`, or 0. A mark can be the leading
// character or the first of the letters.
size_t WordEnd(std::string_view text, size_t pos, uint8_t letters) {
  for (const size_t begin : {AfterLead(text, pos), pos}) {
    Cursor word{text, begin};
    word.SkipWith(letters);
    if (word.pos > begin) return word.pos;
  }
  return 0;
}

size_t Llama3End(std::string_view text, size_t pos, const WordStyle& style) {
  if (const size_t size = ContractionSize(text, pos, true)) return pos + size;
  if (const size_t end = WordEnd(text, pos, style.letters)) return end;
  Cursor number{text, pos};
  for (size_t i = 0; i < style.max_digits && number.Has(kNumberFlag); ++i) {
    number.pos += number.Peek().size;
  }
  if (number.pos > pos) return number.pos;
  return OthersOrSpacesEnd(text, pos, style);
}

// [upper]*[lower]+ from `pos`, or 0. Letters without case and marks are in both
// sets: if no lower case letter follows the longest [upper]*, the match ends
// after the last character of it that is in both.
size_t UpperThenLowerEnd(std::string_view text, size_t pos) {
  Cursor cursor{text, pos};
  size_t after_last_both = 0;
  while (cursor.Has(kUpperFlag)) {
    const FlaggedChar c = cursor.Peek();
    cursor.pos += c.size;
    if ((c.flags & kLowerFlag) != 0) after_last_both = cursor.pos;
  }
  if (!cursor.Has(kLowerFlag)) return after_last_both;
  cursor.SkipWith(kLowerFlag);
  return cursor.pos;
}

// [upper]+[lower]* from `pos`, or 0.
size_t UpperEnd(std::string_view text, size_t pos) {
  Cursor cursor{text, pos};
  if (!cursor.Has(kUpperFlag)) return 0;
  cursor.SkipWith(kUpperFlag);
  cursor.SkipWith(kLowerFlag);
  return cursor.pos;
}

size_t TekkenEnd(std::string_view text, size_t pos) {
  const size_t after_lead = AfterLead(text, pos);
  for (const auto word_end : {UpperThenLowerEnd, UpperEnd}) {
    if (const size_t end = word_end(text, after_lead)) return end;
    if (after_lead == pos) continue;
    if (const size_t end = word_end(text, pos)) return end;
  }
  const FlaggedChar first = FlaggedCharAt(text, pos);
  if ((first.flags & kNumberFlag) != 0) return pos + first.size;
  return OthersOrSpacesEnd(text, pos, {.tail = "\r\n/"});
}

bool IsCjk(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x0800 && c <= 0x4E00) ||
         (c >= 0xAC00 && c <= 0xD7FF);
}

// Returns the end of the match at `pos` of a pattern that leaves gaps, or 0.
size_t MatchEnd(SplitRule rule, std::string_view text, size_t pos) {
  Cursor cursor{text, pos};
  switch (rule) {
    case SplitRule::kDigits:
    case SplitRule::kNewlines: {
      const uint8_t wanted =
          rule == SplitRule::kDigits ? kNumberFlag : kNewlineFlag;
      return cursor.Has(wanted) ? pos + cursor.Peek().size : 0;
    }
    case SplitRule::kSpaceLetters:
    case SplitRule::kSpacePunctuation: {
      const uint8_t wanted =
          rule == SplitRule::kSpaceLetters ? kLetterFlag : kPunctuationFlag;
      if (cursor.Has(kSpaceFlag)) cursor.pos += cursor.Peek().size;
      if (!cursor.Has(wanted)) return 0;
      cursor.SkipWith(wanted);
      return cursor.pos;
    }
    default:
      while (!cursor.AtEnd()) {
        const Utf8Char c = DecodeUtf8(text, cursor.pos);
        if (!c.valid || !IsCjk(c.code)) break;
        cursor.pos += c.size;
      }
      return cursor.pos > pos ? cursor.pos : 0;
  }
}

size_t MatchOrGapEnd(SplitRule rule, std::string_view text, size_t pos) {
  if (const size_t end = MatchEnd(rule, text, pos)) return end;
  while (pos < text.size() && MatchEnd(rule, text, pos) == 0) {
    pos += FlaggedCharAt(text, pos).size;
  }
  return pos;
}

}  // namespace

size_t NextPieceEnd(SplitRule rule, std::string_view text, size_t pos) {
  switch (rule) {
    case SplitRule::kGpt2:
      return Gpt2End(text, pos);
    case SplitRule::kLlama3:
      return Llama3End(text, pos, {.max_digits = 3});
    case SplitRule::kQwen2:
      return Llama3End(text, pos, {});
    case SplitRule::kQwen35:
      return Llama3End(text, pos, {.letters = kLetterOrMark});
    case SplitRule::kSeedCoder:
      return Llama3End(text, pos, {.tail = ""});
    case SplitRule::kTekken:
      return TekkenEnd(text, pos);
    default:
      return MatchOrGapEnd(rule, text, pos);
  }
}

}  // namespace krait::engine
