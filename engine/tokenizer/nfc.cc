// SPDX-License-Identifier: Apache-2.0
// utf8proc decomposes and composes, but its own canonical ordering takes
// quadratic time in a long run of combining marks, so the ordering is done here
// with a stable sort of each run. Lines are handled one by one: nothing
// composes with a line feed, and lines in ASCII need nothing.
#include "engine/tokenizer/nfc.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

using CodePoint = utf8proc_int32_t;

constexpr auto kCompose =
    static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);

utf8proc_propval_t CombiningClass(CodePoint code) {
  return utf8proc_get_property(code)->combining_class;
}

void AppendDecomposed(CodePoint code, std::vector<CodePoint>* codes) {
  CodePoint parts[16];  // no canonical decomposition is longer than 4
  int last_boundary_class = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      code, parts, std::size(parts), kCompose, &last_boundary_class);
  if (count <= 0 || static_cast<size_t>(count) > std::size(parts)) {
    codes->push_back(code);
    return;
  }
  codes->insert(codes->end(), parts, parts + count);
}

void SortMarks(std::vector<CodePoint>* codes) {
  const auto is_starter = [](CodePoint c) { return CombiningClass(c) == 0; };
  const auto by_class = [](CodePoint a, CodePoint b) {
    return CombiningClass(a) < CombiningClass(b);
  };
  for (auto begin = codes->begin(); begin != codes->end();) {
    begin = std::find_if_not(begin, codes->end(), is_starter);
    const auto end = std::find_if(begin, codes->end(), is_starter);
    std::stable_sort(begin, end, by_class);
    begin = end;
  }
}

// Composes the collected code points, appends them as UTF-8 and forgets them.
void Flush(std::vector<CodePoint>* codes, std::string* out) {
  if (codes->empty()) return;
  SortMarks(codes);
  const auto count = static_cast<utf8proc_ssize_t>(codes->size());
  const utf8proc_ssize_t composed =
      utf8proc_normalize_utf32(codes->data(), count, kCompose);
  for (utf8proc_ssize_t i = 0; i < std::max(composed, utf8proc_ssize_t{0});
       ++i) {
    AppendUtf8(static_cast<char32_t>((*codes)[static_cast<size_t>(i)]), out);
  }
  codes->clear();
}

void AppendNormalizedLine(std::string_view line, std::vector<CodePoint>* codes,
                          std::string* out) {
  for (size_t pos = 0; pos < line.size();) {
    const Utf8Char c = DecodeUtf8(line, pos);
    if (c.valid) {
      AppendDecomposed(static_cast<CodePoint>(c.code), codes);
    } else {
      Flush(codes, out);
      out->push_back(line[pos]);
    }
    pos += c.size;
  }
  Flush(codes, out);
}

}  // namespace

bool IsAscii(std::string_view text) {
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    seen |= word;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & 0x8080808080808080u) == 0;
}

std::string NormalizeNfc(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::vector<CodePoint> codes;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const size_t size =
        newline == std::string_view::npos ? text.size() : newline + 1;
    const std::string_view line = text.substr(0, size);
    if (IsAscii(line)) {
      out.append(line);
    } else {
      AppendNormalizedLine(line, &codes, &out);
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace krait::engine
