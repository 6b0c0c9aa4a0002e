// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/pdf_pages.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace krait::repository {
namespace {

using Ligature = std::pair<std::string_view, std::string_view>;
constexpr std::array<Ligature, 6> kLigatures = {
    Ligature{"\xEF\xAC\x80", "ff"}, {"\xEF\xAC\x81", "fi"},
    {"\xEF\xAC\x82", "fl"},         {"\xEF\xAC\x83", "ffi"},
    {"\xEF\xAC\x84", "ffl"},        {"\xC2\xAD", ""}};  // a soft hyphen

bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}

// How many bytes of a text that begins with a hyphen are one at a line's end,
// within a word; 0: it is none.
size_t HyphenAtLineEnd(std::string_view text, char before) {
  const bool cut =
      IsLower(before) && text.size() > 2 && text[1] == '\n' && IsLower(text[2]);
  return cut ? 2 : 0;
}

std::string CleanPage(std::string_view page) {
  std::string clean;
  clean.reserve(page.size());
  bool joined = false;  // the next blank becomes the newline that was taken
  while (!page.empty()) {
    const auto ligature = std::ranges::find_if(
        kLigatures,
        [&](const Ligature& one) { return page.starts_with(one.first); });
    if (ligature != kLigatures.end()) {
      clean += ligature->second;
      page.remove_prefix(ligature->first.size());
      continue;
    }
    const char c = page.front();
    const size_t hyphen =
        c == '-' && !clean.empty() ? HyphenAtLineEnd(page, clean.back()) : 0;
    if (hyphen > 0) {
      page.remove_prefix(hyphen);
      joined = true;
      continue;
    }
    page.remove_prefix(1);
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) continue;
    clean += joined && c == ' ' ? '\n' : c;
    if (c == ' ' || c == '\n') joined = false;
  }
  clean.resize(clean.find_last_not_of(" \t\n") + 1);  // npos + 1 is 0
  return clean;
}

}  // namespace

Document SplitPages(std::string_view text, size_t first) {
  Document document;
  for (size_t number = first; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\f'), text.size());
    document.Add(number, DocumentPart::Kind::kProse,
                 CleanPage(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return document;
}

}  // namespace krait::repository
