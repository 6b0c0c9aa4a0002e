// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/grammar.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <utility>

#include "grammars/tree_sitter/embedded_queries.h"

extern "C" {
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_c_sharp();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_java();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_json();
const TSLanguage* tree_sitter_lua();
const TSLanguage* tree_sitter_php();
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_ruby();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_typescript();
}

namespace krait::grammars {
namespace {

struct Entry {
  std::string_view language;
  const TSLanguage* (*parser)();
  std::array<std::string_view, 3> query_folders;
};

constexpr std::array<Entry, 15> kEntries = {{
    {"c", tree_sitter_c, {"c"}},
    {"cpp", tree_sitter_cpp, {"c", "cpp"}},
    {"csharp", tree_sitter_c_sharp, {"csharp"}},
    {"go", tree_sitter_go, {"go"}},
    {"java", tree_sitter_java, {"java"}},
    {"javascript", tree_sitter_javascript, {"javascript", "jsx"}},
    {"json", tree_sitter_json, {"json"}},
    {"lua", tree_sitter_lua, {"lua"}},
    {"php", tree_sitter_php, {"php"}},
    {"python", tree_sitter_python, {"python"}},
    {"ruby", tree_sitter_ruby, {"ruby"}},
    {"rust", tree_sitter_rust, {"rust"}},
    {"shell", tree_sitter_bash, {"shell"}},
    {"tsx", tree_sitter_tsx, {"javascript", "typescript", "jsx"}},
    {"typescript", tree_sitter_typescript, {"javascript", "typescript"}},
}};

// Filled as languages are asked for.
struct Cache {
  std::mutex mutex;
  std::array<std::unique_ptr<const Grammar>, kEntries.size()> grammars;
};

}  // namespace

Grammar::LazyQuery::LazyQuery(std::string_view kind,
                              std::span<const std::string_view> query_folders) {
  for (const std::string_view folder : query_folders) {
    const std::string path = std::string(folder) + "/" + std::string(kind);
    const auto found =
        std::ranges::find(EmbeddedQueries(), path, &EmbeddedQuery::path);
    if (found != EmbeddedQueries().end()) source += found->source;
  }
}

const Query& Grammar::LazyQuery::Get(const TSLanguage* parser) const {
  std::call_once(
      once, [&] { query = std::make_unique<Query>(parser, source, &error); });
  return *query;
}

Grammar::Grammar(const Language& language, const TSLanguage* parser,
                 std::span<const std::string_view> query_folders)
    : language_(language),
      parser_(parser),
      by_indentation_(language.name == "python"),
      scopes_("scopes.scm", query_folders),
      symbols_("symbols.scm", query_folders),
      imports_("imports.scm", query_folders) {}

std::string Grammar::QueryErrors() const {
  std::string errors;
  for (const LazyQuery* lazy : {&scopes_, &symbols_, &imports_}) {
    lazy->Get(parser_);
    errors += lazy->error;
  }
  return errors;
}

const Grammar* GrammarOf(const Language& language) {
  // Never destroyed: a parse that was stopped may outlive main.
  static Cache& cache = *new Cache;
  const auto entry =
      std::ranges::find(kEntries, language.name, &Entry::language);
  if (entry == kEntries.end()) return nullptr;
  const std::lock_guard lock(cache.mutex);
  auto& grammar = cache.grammars[static_cast<size_t>(entry - kEntries.begin())];
  if (grammar == nullptr) {
    grammar = std::make_unique<const Grammar>(language, entry->parser(),
                                              entry->query_folders);
  }
  return grammar.get();
}

}  // namespace krait::grammars
