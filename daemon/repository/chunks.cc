// SPDX-License-Identifier: Apache-2.0
//
// First, which lines belong to which declaration: each is cut down to the lines
// that no inner one has, if it is too long to be one chunk. What no declaration
// has becomes windows. All of it counts lines; offsets are looked up in the
// end.
#include "daemon/repository/chunks.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "daemon/repository/markdown_chunks.h"
#include "daemon/repository/text_lines.h"
#include "daemon/repository/windows.h"
#include "grammars/declaration_macros.h"
#include "grammars/language.h"
#include "grammars/parser.h"

namespace krait::repository {
namespace {

using grammars::Symbol;
using grammars::SymbolKind;

// A parse from scratch reads some 5 to 20 MB/s.
constexpr grammars::ParserLimits kParserLimits{
    .max_bytes = size_t{1} << 20, .timeout = std::chrono::milliseconds(2000)};

// Lines [first, last) of a declaration, from 0, with the comment above it.
struct Declared {
  const Symbol* symbol = nullptr;
  size_t first = 0;
  size_t last = 0;
  size_t declared_line = 0;  // behind the comment
};

bool IsContainer(SymbolKind kind) {
  return kind == SymbolKind::kClass || kind == SymbolKind::kModule ||
         kind == SymbolKind::kInterface || kind == SymbolKind::kStruct ||
         kind == SymbolKind::kEnum;
}

// Whether a line is a comment, a decorator or an attribute: what stands above a
// declaration and is of it.
bool IsOfNextLine(std::string_view line) {
  line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.empty()) return false;
  for (const std::string_view begin :
       {"//", "/*", "*", "#", "--", "@", "[[", "\"\"\"", "'''", "template"}) {
    if (line.starts_with(begin)) return !line.starts_with("#include");
  }
  return false;
}

class Cutter {
 public:
  Cutter(std::string_view text, const std::vector<Symbol>& symbols)
      : lines_(text), symbols_(symbols) {}

  std::vector<Chunk> Run() {
    Declare();
    Cut(0, lines_.size(), 0, declared_.size(), nullptr, "");
    return std::move(chunks_);
  }

 private:
  void Declare() {
    size_t above =
        0;  // the first line that no earlier symbol begins or ends on
    for (const Symbol& symbol : symbols_) {
      if (symbol.begin_ofs >= symbol.end_ofs) continue;
      Declared declared{.symbol = &symbol};
      declared.declared_line = lines_.LineOf(symbol.begin_ofs);
      declared.last = lines_.LineOf(symbol.end_ofs - 1) + 1;
      declared.first = declared.declared_line;
      while (declared.first > above &&
             IsOfNextLine(lines_.Line(declared.first - 1))) {
        --declared.first;
      }
      // Two on one line are one chunk, the first one's; a container's first
      // line stays with what it contains.
      if (!declared_.empty() &&
          declared.declared_line == declared_.back().declared_line) {
        if (IsContainer(declared_.back().symbol->kind)) continue;
        if (declared.last <= declared_.back().last) continue;
      }
      above =
          IsContainer(symbol.kind) ? declared.declared_line + 1 : declared.last;
      declared_.push_back(declared);
    }
  }

  // Cuts lines [first, last), in which lie the declarations [begin, end);
  // `around`: the one that they are the lines of.
  void Cut(size_t first, size_t last, size_t begin, size_t end,
           const Declared* around, const std::string& names) {
    size_t line = first;
    for (size_t i = begin; i < end;) {
      const Declared& declared = declared_[i];
      size_t inner_end = i + 1;
      while (inner_end < end && declared_[inner_end].first < declared.last) {
        ++inner_end;
      }
      const size_t from = std::clamp(declared.first, line, last);
      const size_t to = std::clamp(declared.last, from, last);
      AddWindows(line, from, around, names);
      const bool whole = to - from <= WholeLines(declared, inner_end - i - 1);
      if (whole) {
        Add(from, to, &declared, names);
      } else {
        Cut(from, to, i + 1, inner_end, &declared, names);
      }
      line = to;
      i = inner_end;
    }
    AddWindows(line, last, around, names);
  }

  // So long may a declaration be that is one chunk.
  static size_t WholeLines(const Declared& declared, size_t inner) {
    if (IsContainer(declared.symbol->kind) && inner > 1)
      return kWindowLines / 2;
    return kDeclarationLines;
  }

  void AddWindows(size_t first, size_t last, const Declared* around,
                  const std::string& names) {
    while (first < last) {
      if (lines_.IsBlank(first)) {
        ++first;
        continue;
      }
      const size_t end = WindowEnd(lines_, first, last);
      Add(first, end, around, names);
      first = end;
    }
  }

  void Add(size_t first, size_t last, const Declared* declared,
           const std::string& names) {
    std::optional<Chunk> chunk = ChunkOfLines(lines_, first, last);
    if (!chunk) return;
    chunk->container = names;
    if (declared != nullptr) {
      const Symbol& symbol = *declared->symbol;
      chunk->kind = symbol.kind;
      chunk->name = symbol.name;
      chunk->container = symbol.container;
      // The whole of it, not a later window of a long one.
      if (chunk->begin_line <= declared->declared_line + 1 &&
          declared->declared_line < chunk->end_line) {
        const size_t head_end =
            std::clamp(std::max(symbol.name_ofs + symbol.name.size(),
                                symbol.begin_ofs + symbol.signature.size()),
                       chunk->begin_ofs, chunk->end_ofs);
        chunk->head =
            lines_.text().substr(chunk->begin_ofs, head_end - chunk->begin_ofs);
      }
    }
    chunks_.push_back(std::move(*chunk));
  }

  const TextLines lines_;
  const std::vector<Symbol>& symbols_;
  std::vector<Declared> declared_;  // in the order of the text, outer first
  std::vector<Chunk> chunks_;
};

}  // namespace

std::vector<Symbol> DeclarationsOf(
    std::string_view path, const std::shared_ptr<const std::string>& text) {
  const grammars::Language* const language =
      grammars::LanguageOfFile(path, *text);
  if (language == nullptr || language->name == "markdown") return {};
  grammars::Parser parser(language, kParserLimits);
  const auto tree =
      parser.Parse(grammars::WithoutDeclarationMacros(*language, text));
  return tree->HasGrammar() ? tree->Symbols() : std::vector<Symbol>();
}

std::vector<Chunk> CutIntoChunks(std::string_view path, const std::string& text,
                                 const std::vector<Symbol>& declarations) {
  const grammars::Language* const language =
      grammars::LanguageOfFile(path, text);
  if (language != nullptr && language->name == "markdown") {
    return CutMarkdown(text);
  }
  return Cutter(text, declarations).Run();
}

std::vector<Chunk> CutIntoChunks(
    std::string_view path, const std::shared_ptr<const std::string>& text) {
  return CutIntoChunks(path, *text, DeclarationsOf(path, text));
}

}  // namespace krait::repository
