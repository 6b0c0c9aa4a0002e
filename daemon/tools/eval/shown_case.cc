// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/shown_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "daemon/completion/stop/stop_rules.h"
#include "daemon/completion/text/words.h"
#include "daemon/tools/eval/exercise.h"
#include "grammars/lines.h"

namespace krait::daemon {
namespace {

// Returns the first identifier, number or sign, with the blanks before it.
std::string_view FirstWord(std::string_view text) {
  size_t end = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (end == text.size()) return text;
  if (!completion::IsWordByte(text[end])) return text.substr(0, end + 1);
  while (end < text.size() && completion::IsWordByte(text[end])) ++end;
  return text.substr(0, end);
}

// Whether `beginning` is one of `text`, and ends no word of it too early.
bool BeginsWith(std::string_view text, std::string_view beginning) {
  if (beginning.empty() || !text.starts_with(beginning)) return false;
  return beginning.size() == text.size() ||
         !completion::IsWordByte(beginning.back()) ||
         !completion::IsWordByte(text[beginning.size()]);
}

// Returns the case of the rest of the line at `ofs`; one with an empty middle
// if that is no place within a line.
FimCase PlaceAt(const SourceFile& file, size_t ofs) {
  const std::string_view text = file.text;
  const size_t newline = text.rfind('\n', ofs == 0 ? 0 : ofs - 1);
  const size_t begin =
      ofs == 0 || newline == std::string_view::npos ? 0 : newline + 1;
  size_t end = std::min(text.find('\n', ofs), text.size());
  if (end > ofs && text[end - 1] == '\r') --end;
  const std::string_view rest = text.substr(ofs, end - ofs);
  if (grammars::IsBlank(text.substr(begin, ofs - begin)) ||
      grammars::IsBlank(rest) || !base::IsCharBoundary(text, ofs)) {
    return {};
  }
  const auto line = std::count(
      text.begin(), text.begin() + static_cast<ptrdiff_t>(ofs), '\n');
  return {.id = fmt::format("{}:{}:{}", file.path, line + 1, ofs - begin + 1),
          .language = file.language,
          .path = file.path,
          .prefix = std::string(text.substr(0, ofs)),
          .suffix = std::string(text.substr(end)),
          .middle = std::string(rest)};
}

// Chooses a place in any of the files, each byte as likely as any other.
std::pair<const SourceFile*, size_t> AnyPlace(
    const std::vector<const SourceFile*>& files, size_t bytes,
    std::mt19937_64* random) {
  // Not a standard distribution, which differs between libraries.
  size_t ofs = (*random)() % bytes;
  for (const SourceFile* const file : files) {
    if (ofs < file->text.size()) return {file, ofs};
    ofs -= file->text.size();
  }
  return {files.front(), 0};
}

}  // namespace

Rightness RateShown(std::string_view shown, std::string_view stood_there) {
  shown = grammars::TrimRight(shown);
  stood_there = grammars::TrimRight(stood_there);
  const std::string_view first = FirstWord(shown);
  const bool whole = BeginsWith(stood_there, shown);
  const size_t blanks =
      std::min(shown.find_first_not_of(" \t\r\n"), shown.size());
  return {.first_word = !first.empty() && first == FirstWord(stood_there),
          .whole = whole,
          .to_end = shown == stood_there,
          .right_bytes = whole ? shown.size() - blanks : 0};
}

std::vector<FimCase> PlacesInLines(const std::vector<SourceFile>& files,
                                   size_t count, uint64_t seed) {
  // Most bytes are in lines; a language may have few places all the same.
  constexpr size_t kTriesPerPlace = 50;
  std::map<std::string, std::vector<const SourceFile*>> languages;
  for (const SourceFile& file : files) {
    if (!file.text.empty()) languages[file.language].push_back(&file);
  }
  std::vector<FimCase> places;
  for (const auto& [language, of_language] : languages) {
    std::mt19937_64 random(seed);
    size_t bytes = 0;
    for (const SourceFile* const file : of_language) bytes += file->text.size();
    std::set<std::pair<const SourceFile*, size_t>> chosen;
    for (size_t tries = count * kTriesPerPlace;
         tries > 0 && chosen.size() < count; --tries) {
      const auto place = AnyPlace(of_language, bytes, &random);
      FimCase found = PlaceAt(*place.first, place.second);
      if (found.middle.empty() || !chosen.insert(place).second) continue;
      places.push_back(std::move(found));
    }
  }
  return places;
}

std::vector<FimCase> SpreadCases(std::vector<FimCase> cases, size_t count) {
  std::map<std::string, std::vector<FimCase>> languages;
  for (FimCase& fim_case : cases) {
    languages[fim_case.language].push_back(std::move(fim_case));
  }
  std::vector<FimCase> spread;
  for (auto& [language, of_language] : languages) {
    const size_t size = of_language.size();
    const size_t kept = std::min(count, size);
    for (size_t i = 0; i < kept; ++i) {
      spread.push_back(std::move(of_language[i * size / kept]));
    }
  }
  return spread;
}

completion::CompletionRequest RequestOf(const FimCase& fim_case) {
  completion::CompletionRequest request = MakeExercise(fim_case).request;
  request.path = fim_case.path;
  return request;
}

}  // namespace krait::daemon
