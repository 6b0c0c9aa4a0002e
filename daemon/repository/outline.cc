// SPDX-License-Identifier: Apache-2.0
//
// An outline is made in two steps: where the declarations are, which only a
// parse tells, and what stands there. The index keeps the first.
#include "daemon/repository/outline.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "daemon/repository/declared_span.h"
#include "daemon/repository/text_lines.h"
#include "grammars/declaration_macros.h"
#include "grammars/language.h"
#include "grammars/line_tree.h"
#include "grammars/parser.h"

namespace krait::repository {
namespace {

using grammars::Symbol;

// What takes longer is left out: completions wait for nothing, but others do.
constexpr grammars::ParserLimits kOutlineLimits{
    .max_bytes = size_t{256} << 10, .timeout = std::chrono::milliseconds(100)};

// Longer ones say little for what they cost.
constexpr size_t kMostSignatureBytes = 200;

std::string_view WithoutEnd(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r\n");
  return line.substr(0, last == line.npos ? 0 : last + 1);
}

std::string_view IndentOf(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

// Nothing if the text has no such place, or if it is not worth its tokens.
std::optional<OutlineEntry> EntryAt(const DeclaredSpan& span,
                                    const TextLines& lines) {
  if (span.line >= lines.size()) return std::nullopt;
  const std::string_view line = lines.Line(span.line);
  const std::string_view indent = IndentOf(line);
  const std::string_view text = lines.text();
  const size_t begin = lines.Begin(span.line) + span.column;
  if (begin >= text.size() || span.name_ofs >= text.size() - begin) {
    return std::nullopt;
  }
  OutlineEntry entry{
      .name = std::string(text.substr(begin + span.name_ofs, span.name_bytes)),
      .line = span.line + 1,
      .text = std::string(indent)};
  entry.text +=
      span.signature_bytes == 0
          ? WithoutEnd(line.substr(indent.size()))
          : grammars::OneLine(text.substr(begin, span.signature_bytes));
  if (entry.name.empty() || entry.name.size() > kMostSignatureBytes ||
      entry.text.size() > kMostSignatureBytes) {
    return std::nullopt;
  }
  entry.text += '\n';
  return entry;
}

// Where a symbol is; nothing if its name does not stand in it.
std::optional<DeclaredSpan> SpanOf(const Symbol& symbol,
                                   const TextLines& lines) {
  const std::string_view text = lines.text();
  const size_t name = text.find(symbol.name, symbol.name_ofs);
  if (symbol.begin_ofs >= symbol.end_ofs || symbol.name.empty() ||
      name == text.npos || name < symbol.begin_ofs) {
    return std::nullopt;
  }
  const size_t line = lines.LineOf(symbol.begin_ofs);
  const std::string_view indent = IndentOf(lines.Line(line));
  DeclaredSpan span{.line = line,
                    .column = symbol.begin_ofs - lines.Begin(line),
                    .name_ofs = name - symbol.begin_ofs,
                    .name_bytes = symbol.name.size()};
  // The line as it stands if it has all of the signature: a brace or a colon
  // at its end says what kind of thing it is.
  const bool whole = WithoutEnd(lines.Line(line).substr(indent.size()))
                         .starts_with(symbol.signature);
  if (!whole)
    span.signature_bytes = symbol.signature_end_ofs - symbol.begin_ofs;
  return span;
}

// Calls `on_entry` with each declaration that is worth its tokens.
template <class OnEntry>
void ForEachSpan(const std::vector<Symbol>& declared, std::string_view text,
                 const OnEntry& on_entry) {
  const TextLines lines(text);
  struct Open {
    size_t entry;
    size_t end_ofs;
  };
  std::vector<Open> open;
  size_t entries = 0;
  for (const Symbol& symbol : declared) {
    while (!open.empty() && open.back().end_ofs <= symbol.begin_ofs) {
      open.pop_back();
    }
    auto span = SpanOf(symbol, lines);
    if (!span) continue;
    auto entry = EntryAt(*span, lines);
    if (!entry) continue;
    if (!open.empty()) {
      entry->container = open.back().entry;
      span->around = entries - open.back().entry;
    }
    open.push_back({entries++, symbol.end_ofs});
    on_entry(*span, std::move(*entry));
  }
}

}  // namespace

Outline OutlineOf(std::string_view path,
                  const std::shared_ptr<const std::string>& text) {
  Outline outline;
  const grammars::Language* const language =
      grammars::LanguageOfFile(path, *text);
  if (language == nullptr) return outline;
  grammars::Parser parser(language, kOutlineLimits);
  const auto tree =
      parser.Parse(grammars::WithoutDeclarationMacros(*language, text));
  if (!tree->HasGrammar()) return outline;
  ForEachSpan(tree->Symbols(), *text,
              [&](const DeclaredSpan&, OutlineEntry entry) {
                outline.push_back(std::move(entry));
              });
  return outline;
}

std::string PackOutline(const std::vector<Symbol>& declared,
                        std::string_view text) {
  std::vector<DeclaredSpan> spans;
  ForEachSpan(declared, text, [&](const DeclaredSpan& span, const auto&) {
    spans.push_back(span);
  });
  return PackSpans(spans, TextLines(text));
}

Outline UnpackOutline(std::string_view packed, std::string_view text) {
  Outline outline;
  const TextLines lines(text);
  for (const DeclaredSpan& span : UnpackSpans(packed, lines)) {
    auto entry = EntryAt(span, lines);
    if (!entry) break;
    if (span.around > 0) entry->container = outline.size() - span.around;
    outline.push_back(std::move(*entry));
  }
  return outline;
}

const Outline* OutlineCache::Find(const std::string& path,
                                  const FileStamp& stamp) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end() || found->second->stamp != stamp) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front().outline;
}

const Outline& OutlineCache::Keep(const std::string& path,
                                  const FileStamp& stamp, Outline outline) {
  if (const auto old = by_path_.find(path); old != by_path_.end()) {
    entries_.erase(old->second);
    by_path_.erase(old);
  }
  if (entries_.size() == kMost) {
    by_path_.erase(entries_.back().path);
    entries_.pop_back();
  }
  entries_.push_front({path, stamp, std::move(outline)});
  by_path_.emplace(path, entries_.begin());
  return entries_.front().outline;
}

}  // namespace krait::repository
