// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/one_declaration.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/repository/chunks.h"
#include "grammars/language.h"

namespace krait::repository {
namespace {

bool IsOneLine(const Passage& passage) {
  return passage.begin_line == passage.end_line;
}

// Whether a long declaration was cut between them, at the end of a window or at
// a blank line in its second half.
bool ArePieces(const Passage& one, const Passage& other) {
  const auto& [first, second] = one.begin_line < other.begin_line
                                    ? std::tie(one, other)
                                    : std::tie(other, one);
  return second.begin_line <= first.end_line + 2 &&
         first.end_line - first.begin_line >= kWindowLines / 2;
}

bool HasPrototypes(std::string_view path) {
  const grammars::Language* const language = grammars::LanguageOfPath(path);
  return language != nullptr &&
         (language->name == "c" || language->name == "cpp");
}

// What is declared in these are passages of their own, and what is left between
// them are pieces of it.
bool IsCutByWhatItHas(grammars::SymbolKind kind) {
  return kind == grammars::SymbolKind::kClass ||
         kind == grammars::SymbolKind::kStruct ||
         kind == grammars::SymbolKind::kInterface;
}

void TakeLines(const Passage& from, Passage* to) {
  to->begin_line = from.begin_line;
  to->end_line = from.end_line;
}

// Whether the passage is of a declaration of which another is left.
bool Joins(const Passage& passage, bool by_name, Passage* left) {
  if (passage.kind != left->kind) return false;
  if (IsCutByWhatItHas(passage.kind)) {
    if (by_name && passage.begin_line < left->begin_line) {
      TakeLines(passage, left);
    }
    return true;
  }
  if (ArePieces(passage, *left)) return true;
  if (IsOneLine(passage) == IsOneLine(*left) || !HasPrototypes(passage.path)) {
    return false;
  }
  if (IsOneLine(*left)) TakeLines(passage, left);
  return true;
}

}  // namespace

void LeaveOneOfEachDeclaration(bool by_name, std::vector<Passage>* passages) {
  std::vector<Passage> left;
  left.reserve(passages->size());
  // Those that are left, by path, container and name.
  std::map<std::tuple<std::string, std::string, std::string>,
           std::vector<size_t>>
      named;
  for (Passage& passage : *passages) {
    if (!passage.name.empty()) {
      std::vector<size_t>& same =
          named[{passage.path, passage.container, passage.name}];
      if (std::ranges::any_of(same, [&](size_t at) {
            return Joins(passage, by_name, &left[at]);
          })) {
        continue;
      }
      same.push_back(left.size());
    }
    left.push_back(std::move(passage));
  }
  *passages = std::move(left);
}

}  // namespace krait::repository
