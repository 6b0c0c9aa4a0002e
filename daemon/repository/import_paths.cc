// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/import_paths.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "grammars/language.h"

namespace krait::repository {
namespace {

// Of a package of several files.
constexpr size_t kMostOfPackage = 4;
// Of those that have the name; one that more have is nobody's name.
constexpr size_t kMostOfName = 256;

// Files that stand for their folder.
constexpr std::array<std::string_view, 4> kFolderFiles = {"__init__", "index",
                                                          "mod", "lib"};

std::vector<std::string> Split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(at), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// With its dot; empty: it has none.
std::string_view DottedExtension(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? std::string_view() : name.substr(dot);
}

// The names of a path, the last without its extension.
std::vector<std::string> PartsOf(std::string_view path) {
  std::vector<std::string> parts = Split(path, '/');
  if (parts.empty()) return parts;
  std::string& last = parts.back();
  last.resize(last.size() - DottedExtension(last).size());
  const bool folder =
      std::ranges::find(kFolderFiles, last) != kFolderFiles.end();
  if (folder && parts.size() > 1) parts.pop_back();
  return parts;
}

bool EndsWith(const std::vector<std::string>& path,
              const std::vector<std::string>& end) {
  return path.size() >= end.size() &&
         std::equal(end.rbegin(), end.rend(), path.rbegin());
}

// How many folders two paths begin with alike.
size_t SharedFolders(const std::vector<std::string>& a,
                     const std::vector<std::string>& b) {
  const auto ends = std::ranges::mismatch(a, b);
  return static_cast<size_t>(ends.in1 - a.begin());
}

bool IsAnyOf(std::string_view language,
             std::initializer_list<std::string_view> languages) {
  return std::ranges::find(languages, language) != languages.end();
}

// The names of a module as it is written: of a path, or joined by dots or
// colons.
std::vector<std::string> PartsOfModule(std::string_view module,
                                       std::string_view importer,
                                       std::string_view language) {
  std::string name(module.substr(0, module.find('{')));
  if (IsAnyOf(language, {"rust"})) {
    std::vector<std::string> parts;
    for (std::string& part : Split(name, ':')) {
      if (part != "crate" && part != "super" && part != "self") {
        parts.push_back(std::move(part));
      }
    }
    return parts;
  }
  if (IsAnyOf(language, {"python", "java", "kotlin", "scala", "csharp"})) {
    return Split(name, '.');
  }
  if (name.starts_with('.')) {
    name = (std::filesystem::path(importer).parent_path() / name)
               .lexically_normal()
               .generic_string();
  }
  return PartsOf(name);
}

}  // namespace

void ImportPaths::Add(std::string path) {
  const std::vector<std::string> parts = PartsOf(path);
  if (parts.empty()) return;
  by_name_[parts.back()].push_back(paths_.size());
  if (path.ends_with(".go") && parts.size() > 1) {
    by_folder_[parts[parts.size() - 2]].push_back(paths_.size());
  }
  paths_.push_back(std::move(path));
}

const std::string* ImportPaths::Nearest(
    const std::vector<std::string>& parts, std::string_view importer,
    std::optional<std::string_view> extension) const {
  const auto named = by_name_.find(parts.back());
  if (named == by_name_.end() || named->second.size() > kMostOfName) {
    return nullptr;
  }
  const std::vector<std::string> from = PartsOf(importer);
  const grammars::Language* const language = grammars::LanguageOfPath(importer);
  const std::string* best = nullptr;
  size_t best_shared = 0;
  size_t same = 0;  // as near as the best
  for (const size_t at : named->second) {
    const std::string& path = paths_[at];
    const auto candidate = PartsOf(path);
    const auto* const other = grammars::LanguageOfPath(path);
    // A header's language may be another one's.
    const bool speaks =
        other == language || (other != nullptr && language != nullptr &&
                              other->line_comment == language->line_comment);
    if (path == importer || !speaks || !EndsWith(candidate, parts)) continue;
    if (extension && DottedExtension(path) != *extension) continue;
    const size_t shared = SharedFolders(candidate, from);
    if (best != nullptr && shared < best_shared) continue;
    same = best != nullptr && shared == best_shared ? same + 1 : 1;
    if (same == 1) best = &path;
    best_shared = shared;
  }
  // A single word that several have may be any of them.
  return parts.size() == 1 && same > 1 ? nullptr : best;
}

std::vector<std::string> ImportPaths::Find(std::string_view module,
                                           std::string_view importer,
                                           std::string_view language) const {
  std::vector<std::string> found;
  std::vector<std::string> parts = PartsOfModule(module, importer, language);
  if (parts.empty()) return found;
  if (language == "go") {
    const auto package = by_folder_.find(Split(module, '/').back());
    if (package == by_folder_.end()) return found;
    for (const size_t at : package->second) {
      if (found.size() == kMostOfPackage) break;
      if (!paths_[at].ends_with("_test.go")) found.push_back(paths_[at]);
    }
    return found;
  }
  // `a.b.C` may be a thing C of a/b; and what comes before may be the name of
  // the project.
  const bool dotted = IsAnyOf(language, {"python", "java", "rust", "kotlin"});
  std::optional<std::string_view> extension;
  if (IsAnyOf(language, {"c", "cpp"})) extension = DottedExtension(module);
  for (size_t cut = 0; cut <= (dotted ? 1U : 0U) && cut < parts.size(); ++cut) {
    const std::vector<std::string> end(
        parts.begin(), parts.end() - static_cast<ptrdiff_t>(cut));
    for (size_t skip = 0; skip < end.size(); ++skip) {
      const std::vector<std::string> last(
          end.begin() + static_cast<ptrdiff_t>(skip), end.end());
      // The last word alone means little, if it was not all.
      if (last.size() == 1 && parts.size() > 1 && !dotted) break;
      if (const std::string* const path = Nearest(last, importer, extension)) {
        found.push_back(*path);
        return found;
      }
    }
  }
  return found;
}

}  // namespace krait::repository
