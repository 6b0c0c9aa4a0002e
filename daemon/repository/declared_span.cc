// SPDX-License-Identifier: Apache-2.0
//
// A span is a byte that says what follows, then how many lines it is below the
// one before; numbers have seven bits a byte, the lowest first.
#include "daemon/repository/declared_span.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "daemon/completion/text/words.h"

namespace krait::repository {
namespace {

// The first byte: as which word from the span's begin on the name stands there.
constexpr uint8_t kWord = 0x0F;
constexpr uint8_t kNoWord = 0x0F;     // its place and size follow
constexpr uint8_t kColumn = 0x10;     // follows: not behind the indentation
constexpr uint8_t kSignature = 0x20;  // its size follows: not the whole line
constexpr uint8_t kAround = 0x40;  // follows: another than the one before has
// The span before again, so many times as the other bits say, and once.
constexpr uint8_t kAgain = 0x80;

void AddNumber(size_t number, std::string* packed) {
  for (; number > 0x7F; number >>= 7) {
    *packed += static_cast<char>(0x80 | (number & 0x7F));
  }
  *packed += static_cast<char>(number);
}

// Takes it off; the largest number if there is none.
size_t TakeNumber(std::string_view* packed) {
  constexpr size_t kNone = std::numeric_limits<uint32_t>::max();
  size_t number = 0;
  for (unsigned shift = 0; shift < 32 && !packed->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(packed->front());
    packed->remove_prefix(1);
    number |= size_t{byte & 0x7FU} << shift;
    if (byte <= 0x7F) return std::min(number, kNone);
  }
  return kNone;
}

size_t IndentBytes(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

// The text from where the span begins.
std::string_view TextFrom(const DeclaredSpan& span, const TextLines& lines) {
  const std::string_view text = lines.text();
  return text.substr(
      std::min(lines.Begin(span.line) + span.column, text.size()));
}

// Sets the name to the word with that number.
void SetWord(size_t number, std::string_view text, DeclaredSpan* span) {
  size_t at = 0;
  for (size_t word = 0;; ++word) {
    while (at < text.size() && !completion::IsWordByte(text[at])) ++at;
    size_t end = at;
    while (end < text.size() && completion::IsWordByte(text[end])) ++end;
    if (word == number || end == text.size()) {
      span->name_ofs = at;
      span->name_bytes = end - at;
      return;
    }
    at = end;
  }
}

// As which word the name stands there.
uint8_t WordOf(const DeclaredSpan& span, std::string_view text) {
  DeclaredSpan tried = span;
  for (uint8_t number = 0; number < kNoWord; ++number) {
    SetWord(number, text, &tried);
    if (tried == span) return number;
    if (tried.name_ofs > span.name_ofs) break;
  }
  return kNoWord;
}

std::string PackSpan(const DeclaredSpan& span, const DeclaredSpan& before,
                     const TextLines& lines) {
  std::string packed(1, '\0');
  uint8_t shape = WordOf(span, TextFrom(span, lines));
  AddNumber(span.line - before.line, &packed);
  if (span.column != IndentBytes(lines.Line(span.line))) {
    shape |= kColumn;
    AddNumber(span.column, &packed);
  }
  if (span.signature_bytes > 0) {
    shape |= kSignature;
    AddNumber(span.signature_bytes, &packed);
  }
  const size_t same = before.around == 0 ? 0 : before.around + 1;
  if (span.around != same) {
    shape |= kAround;
    AddNumber(span.around, &packed);
  }
  if ((shape & kWord) == kNoWord) {
    AddNumber(span.name_ofs, &packed);
    AddNumber(span.name_bytes, &packed);
  }
  packed[0] = static_cast<char>(shape);
  return packed;
}

// Takes a span off and puts it behind the others. False: there is none.
bool TakeSpan(std::string_view* packed, const TextLines& lines,
              std::vector<DeclaredSpan>* spans) {
  if (packed->empty() || spans->size() >= lines.text().size()) return false;
  const auto shape = static_cast<uint8_t>(packed->front());
  packed->remove_prefix(1);
  const DeclaredSpan before = spans->empty() ? DeclaredSpan() : spans->back();
  DeclaredSpan span{.line = before.line + TakeNumber(packed)};
  if (span.line >= lines.size()) return false;
  span.column = (shape & kColumn) != 0 ? TakeNumber(packed)
                                       : IndentBytes(lines.Line(span.line));
  if ((shape & kSignature) != 0) span.signature_bytes = TakeNumber(packed);
  span.around = before.around == 0 ? 0 : before.around + 1;
  if ((shape & kAround) != 0) span.around = TakeNumber(packed);
  if (span.around > spans->size()) return false;
  if ((shape & kWord) == kNoWord) {
    span.name_ofs = TakeNumber(packed);
    span.name_bytes = TakeNumber(packed);
  } else {
    SetWord(shape & kWord, TextFrom(span, lines), &span);
  }
  spans->push_back(span);
  return true;
}

}  // namespace

std::string PackSpans(const std::vector<DeclaredSpan>& spans,
                      const TextLines& lines) {
  constexpr size_t kMostAgain = 128;
  std::string packed;
  DeclaredSpan before;
  std::string last;  // as it was packed
  size_t again = 0;
  for (const DeclaredSpan& span : spans) {
    std::string next = PackSpan(span, before, lines);
    before = span;
    if (next != last) {
      packed += next;
      last = std::move(next);
      again = 0;
      continue;
    }
    if (again % kMostAgain == 0) {
      packed += static_cast<char>(kAgain);
    } else {
      ++packed.back();
    }
    ++again;
  }
  return packed;
}

std::vector<DeclaredSpan> UnpackSpans(std::string_view packed,
                                      const TextLines& lines) {
  std::vector<DeclaredSpan> spans;
  std::string_view last;
  while (!packed.empty()) {
    const auto shape = static_cast<uint8_t>(packed.front());
    if ((shape & kAgain) == 0) {
      const std::string_view all = packed;
      if (!TakeSpan(&packed, lines, &spans)) return spans;
      last = all.substr(0, all.size() - packed.size());
      continue;
    }
    packed.remove_prefix(1);
    for (int i = 0; i <= (shape & ~kAgain); ++i) {
      std::string_view again = last;
      if (!TakeSpan(&again, lines, &spans)) return spans;
    }
  }
  return spans;
}

}  // namespace krait::repository
