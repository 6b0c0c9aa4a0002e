// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/outline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/repository/text_lines.h"
#include "grammars/language.h"
#include "grammars/parser.h"

namespace krait::repository {
namespace {

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

// The line as it stands if it has all of the signature: a brace or a colon at
// its end says what kind of thing it is.
std::string SignatureAt(const grammars::Symbol& symbol, std::string_view line) {
  const std::string_view indent = IndentOf(line);
  const std::string_view as_it_stands = WithoutEnd(line.substr(indent.size()));
  const bool whole =
      as_it_stands.starts_with(symbol.signature) || symbol.signature.empty();
  std::string text(indent);
  text.append(whole ? as_it_stands : std::string_view(symbol.signature));
  return text;
}

}  // namespace

Outline OutlineOf(std::string_view path,
                  const std::shared_ptr<const std::string>& text) {
  Outline outline;
  const grammars::Language* const language =
      grammars::LanguageOfFile(path, *text);
  if (language == nullptr) return outline;
  grammars::Parser parser(language, kOutlineLimits);
  const auto tree = parser.Parse(text);
  if (!tree->HasGrammar()) return outline;
  const TextLines lines(*text);
  struct Open {
    size_t entry;
    size_t end_ofs;
  };
  std::vector<Open> open;
  for (const grammars::Symbol& symbol : tree->Symbols()) {
    while (!open.empty() && open.back().end_ofs <= symbol.begin_ofs) {
      open.pop_back();
    }
    if (symbol.begin_ofs >= symbol.end_ofs || symbol.name.empty()) continue;
    const size_t line = lines.LineOf(symbol.begin_ofs);
    OutlineEntry entry{.name = symbol.name,
                       .line = line + 1,
                       .text = SignatureAt(symbol, lines.Line(line))};
    if (entry.text.size() > kMostSignatureBytes) continue;
    entry.text += '\n';
    if (!open.empty()) entry.container = open.back().entry;
    open.push_back({outline.size(), symbol.end_ofs});
    outline.push_back(std::move(entry));
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

const Outline& OutlineCache::Of(
    const std::string& path, const FileStamp& stamp,
    const std::shared_ptr<const std::string>& text) {
  if (const Outline* const known = Find(path, stamp)) return *known;
  if (const auto old = by_path_.find(path); old != by_path_.end()) {
    entries_.erase(old->second);
    by_path_.erase(old);
  }
  if (entries_.size() == kMost) {
    by_path_.erase(entries_.back().path);
    entries_.pop_back();
  }
  entries_.push_front({path, stamp, OutlineOf(path, text)});
  by_path_.emplace(path, entries_.begin());
  return entries_.front().outline;
}

}  // namespace krait::repository
