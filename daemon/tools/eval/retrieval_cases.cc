// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/retrieval_cases.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <tuple>
#include <utility>

#include "daemon/repository/chunks.h"
#include "daemon/repository/test_files.h"
#include "daemon/repository/text_lines.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

using repository::Chunk;
using repository::TextLines;

constexpr size_t kLeastWords = 4;
constexpr size_t kMostWords = 60;

std::string_view TrimmedLeft(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

// `sharp`: a comment may begin with "#". In C it is the preprocessor's, and
// "# define" may be the function itself.
bool IsComment(std::string_view line, bool sharp) {
  line = TrimmedLeft(line);
  return line.starts_with("//") || line.starts_with("/*") ||
         line.starts_with('*') || (sharp && line.starts_with("# ")) ||
         line.starts_with("--");
}

// Takes off what makes a line a comment.
std::string_view Said(std::string_view line) {
  line = TrimmedLeft(line);
  line.remove_prefix(std::min(line.find_first_not_of("/*#-!\"'"), line.size()));
  while (!line.empty() &&
         (line.back() == '\n' || line.back() == '\r' || line.back() == '/' ||
          line.back() == '*' || line.back() == ' ' || line.back() == '"')) {
    line.remove_suffix(1);
  }
  return TrimmedLeft(line);
}

size_t CountWords(std::string_view text) {
  size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (letter && !in_word) ++words;
    in_word = letter;
  }
  return words;
}

bool IsNote(std::string_view text) {
  constexpr std::array<std::string_view, 9> kNotes = {
      "Copyright", "copyright", "SPDX", "NOLINT", "License",
      "eslint",    "pylint",    "noqa", "TODO"};
  if (std::ranges::any_of(kNotes, [&](std::string_view note) {
        return text.find(note) != text.npos;
      })) {
    return true;
  }
  // Code that is commented out.
  const auto signs = std::ranges::count_if(
      text, [](char c) { return c == ';' || c == '{' || c == '='; });
  return signs > 2;
}

// The first paragraph of comment lines [first, last).
std::string Paragraph(const TextLines& lines, size_t first, size_t last) {
  std::string text;
  for (size_t line = first; line < last; ++line) {
    const std::string_view said = Said(lines.Line(line));
    if (said.empty() && !text.empty()) break;
    if (said.starts_with('@') || said.starts_with(':') ||
        said.starts_with('\\')) {
      break;  // parameters and the like
    }
    if (!text.empty() && !said.empty()) text += ' ';
    text += said;
    if (CountWords(text) >= kMostWords) break;
  }
  return text;
}

// Lines [first, last) of the comment above, from 0; empty if there is none.
std::pair<size_t, size_t> CommentAbove(const TextLines& lines,
                                       const Chunk& chunk, bool sharp) {
  size_t last = chunk.begin_line - 1;
  while (last < chunk.end_line && IsComment(lines.Line(last), sharp)) ++last;
  return {chunk.begin_line - 1, last};
}

// Python's: the string that a function begins with.
std::optional<std::pair<size_t, size_t>> DocString(const TextLines& lines,
                                                   const Chunk& chunk) {
  constexpr size_t kMostHead = 12;
  const size_t most = std::min(chunk.begin_line + kMostHead, chunk.end_line);
  for (size_t line = chunk.begin_line; line < most; ++line) {
    const std::string_view text = TrimmedLeft(lines.Line(line));
    if (!text.starts_with("\"\"\"") && !text.starts_with("r\"\"\"")) continue;
    if (text.find("\"\"\"", 4) != text.npos) return std::pair(line, line + 1);
    for (size_t end = line + 1; end < chunk.end_line; ++end) {
      if (lines.Line(end).find("\"\"\"") != std::string_view::npos) {
        return std::pair(line, end + 1);
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<RetrievalCase> CasesOf(
    std::string_view path, const std::shared_ptr<const std::string>& text) {
  std::vector<RetrievalCase> cases;
  if (repository::IsOfTests(path) || repository::IsOfDocumentation(path)) {
    return cases;
  }
  const TextLines lines(*text);
  const grammars::Language* const language =
      grammars::LanguageOfFile(path, *text);
  const bool sharp = language == nullptr || language->line_comment == "#";
  for (const Chunk& chunk : repository::CutIntoChunks(path, text)) {
    const bool function = chunk.kind == grammars::SymbolKind::kFunction ||
                          chunk.kind == grammars::SymbolKind::kMethod;
    if (!function) continue;
    if (chunk.head.empty()) {  // a later window of a long one
      if (!cases.empty() && cases.back().name == chunk.name &&
          cases.back().container == chunk.container) {
        cases.back().end_line = chunk.end_line;
      }
      continue;
    }
    auto [first, last] = CommentAbove(lines, chunk, sharp);
    if (first == last && path.ends_with(".py")) {
      const auto string = DocString(lines, chunk);
      if (string) std::tie(first, last) = *string;
    }
    if (first == last) continue;
    std::string comment = Paragraph(lines, first, last);
    if (CountWords(comment) < kLeastWords || IsNote(comment)) continue;
    cases.push_back({.path = std::string(path),
                     .name = chunk.name,
                     .container = chunk.container,
                     .begin_line = chunk.begin_line,
                     .end_line = chunk.end_line,
                     .comment = std::move(comment),
                     .comment_ofs = lines.Begin(first),
                     .comment_bytes = lines.Begin(last) - lines.Begin(first)});
  }
  return cases;
}

std::string WithoutComments(const std::vector<RetrievalCase>& cases,
                            std::string text) {
  for (const RetrievalCase& one : cases) {
    const size_t end =
        std::min(one.comment_ofs + one.comment_bytes, text.size());
    for (size_t i = one.comment_ofs; i < end; ++i) {
      if (text[i] != '\n') text[i] = ' ';
    }
  }
  return text;
}

}  // namespace krait::daemon
