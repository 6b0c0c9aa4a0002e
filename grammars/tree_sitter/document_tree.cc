// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/document_tree.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <utility>

#include "grammars/line_tree.h"
#include "grammars/lines.h"
#include "grammars/qualified_name.h"
#include "grammars/tree_sitter/context.h"
#include "grammars/tree_sitter/incremental.h"
#include "grammars/tree_sitter/insertion.h"
#include "grammars/tree_sitter/node_path.h"

namespace krait::grammars {
namespace {

// Of a query of a whole file: some seconds, enough for a million lines.
constexpr size_t kMaxStepsOfFile = 200'000;

// Adds the starts of the children of `container` that begin by `ofs`, of more
// than `most` the nearest.
void AddChildStarts(TSNode container, size_t ofs, size_t most,
                    std::vector<size_t>* starts) {
  TreeCursor cursor(container);
  if (!cursor.ToFirstChild()) return;
  std::deque<size_t> nearest;
  do {
    const TSNode child = cursor.Node();
    if (ts_node_start_byte(child) > ofs) break;
    if (!ts_node_is_named(child) || ts_node_is_extra(child)) continue;
    const size_t start = ts_node_start_byte(child);
    if (!nearest.empty() && nearest.back() == start) continue;
    nearest.push_back(start);
    if (nearest.size() > most) nearest.pop_front();
  } while (cursor.ToNextSibling());
  starts->insert(starts->end(), nearest.begin(), nearest.end());
}

void SortUnique(std::vector<size_t>* values) {
  std::ranges::sort(*values);
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

// Returns all but the body of a definition; its first line if it has none.
std::string_view SignatureOf(TSNode definition, const Capture* body,
                             std::string_view text) {
  const std::string_view header = TextOf(definition, text);
  if (body == nullptr) return header.substr(0, header.find_first_of("\r\n"));
  const size_t body_ofs = ts_node_start_byte(body->node);
  return header.substr(0, body_ofs - ts_node_start_byte(definition));
}

// A definition as found, before it is known what encloses it.
struct Found {
  size_t pattern = 0;
  Symbol symbol;
};

// The name of the type that a method is of: of `*List[T]` it is List.
std::string ScopeOf(std::string_view type) {
  const std::string_view name = SplitFunctionName(type).name;
  return std::string(name.substr(0, name.find('[')));
}

// Gives a function that is defined elsewhere than in what it belongs to its own
// name, and that as its container.
void SplitName(Symbol* symbol) {
  if (symbol->kind != SymbolKind::kFunction &&
      symbol->kind != SymbolKind::kMethod) {
    return;
  }
  const QualifiedName split = SplitFunctionName(symbol->name);
  symbol->name_ofs +=
      static_cast<size_t>(split.name.data() - symbol->name.data());
  if (!split.scope.empty()) symbol->container = split.scope;
  symbol->name = std::string(split.name);
}

// Names of each symbol the one around it, if its name does not. `symbols` is in
// the order of the text.
void SetContainers(std::vector<Symbol>* symbols) {
  std::vector<const Symbol*> open;
  for (Symbol& symbol : *symbols) {
    while (!open.empty() && open.back()->end_ofs <= symbol.begin_ofs) {
      open.pop_back();
    }
    if (!open.empty() && symbol.container.empty()) {
      symbol.container = open.back()->name;
    }
    open.push_back(&symbol);
  }
}

std::string WithoutQuotes(std::string_view module) {
  constexpr std::string_view kQuotes = "\"'`<>";
  const size_t begin = module.find_first_not_of(kQuotes);
  if (begin == std::string_view::npos) return {};
  const size_t end = module.find_last_not_of(kQuotes);
  return std::string(module.substr(begin, end - begin + 1));
}

}  // namespace

DocumentTree::DocumentTree(const Grammar& grammar, TreeHandle tree,
                           std::shared_ptr<const std::string> text,
                           const IndentUnit& indent)
    : SyntaxTree(std::move(text)),
      grammar_(grammar),
      tree_(std::move(tree)),
      indent_(indent) {}

SyntaxContext DocumentTree::ContextAt(size_t ofs) const {
  SyntaxContext context =
      ContextOf(grammar_, tree_.get(), text(), std::min(ofs, text().size()));
  context.indent = indent_;
  return context;
}

std::vector<size_t> DocumentTree::Anchors(size_t ofs,
                                          size_t max_anchors) const {
  ofs = std::min(ofs, text().size());
  const NodePath path = FindPath(grammar_, tree_.get(), text(), ofs);
  std::vector<size_t> enclosing;
  std::vector<size_t> anchors;
  // Those that enclose the place take precedence, wherever they are.
  const size_t most = max_anchors + path.nodes.size();
  for (const PathNode& node : path.nodes) {
    const bool is_root = &node == &path.nodes.front();
    if (node.Is(kDefinition)) enclosing.push_back(node.Begin());
    if (is_root || node.IsError() || node.Is(kContainer)) {
      AddChildStarts(node.node, ofs, most, &anchors);
    }
  }
  anchors.insert(anchors.end(), enclosing.begin(), enclosing.end());
  SortUnique(&anchors);
  SortUnique(&enclosing);
  return LimitAnchors(std::move(anchors), enclosing, max_anchors);
}

size_t DocumentTree::CountErrors() const {
  // Each check of an insertion compares with it.
  std::call_once(counted_, [this] { errors_ = CountErrorNodes(tree_.get()); });
  return errors_;
}

std::optional<InsertionErrors> DocumentTree::CheckInsertion(
    size_t ofs, std::string_view inserted, CheckBudget* budget) const {
  return CheckInsertionIn({grammar_, tree_.get(), text()},
                          std::min(ofs, text().size()), inserted, budget);
}

std::vector<Symbol> DocumentTree::FindSymbols(bool* complete) const {
  // By place, so that the order is that of the text, outer ones first; the
  // earliest pattern for a node wins.
  std::map<std::tuple<size_t, size_t, const void*>, Found> found;
  QueryBudget budget(kMaxStepsOfFile);
  *complete = grammar_.symbols().Run(
      ts_tree_root_node(tree_.get()), text(), &budget, [&](const Match& match) {
        const Capture* definition = match.Find(kDefinition);
        const Capture* name = match.Find(kName);
        if (definition == nullptr || name == nullptr) return;
        const size_t begin = ts_node_start_byte(definition->node);
        const size_t end = ts_node_end_byte(definition->node);
        Found& entry = found[{begin, ~end, definition->node.id}];
        if (!entry.symbol.name.empty() && entry.pattern <= match.pattern)
          return;
        entry.pattern = match.pattern;
        const std::string_view signature =
            SignatureOf(definition->node, match.Find(kBody), text());
        entry.symbol = {.kind = definition->kind,
                        .name = WithoutQuotes(TextOf(name->node, text())),
                        .container = {},
                        .signature = OneLine(signature),
                        .begin_ofs = begin,
                        .end_ofs = end,
                        .name_ofs = ts_node_start_byte(name->node),
                        .signature_end_ofs = begin + signature.size()};
        SplitName(&entry.symbol);
        if (const Capture* scope = match.Find(kScope)) {
          entry.symbol.container = ScopeOf(TextOf(scope->node, text()));
        }
      });
  std::vector<Symbol> symbols;
  symbols.reserve(found.size());
  for (auto& [key, entry] : found) {
    // `const f = () => 1` is a variable around a function: only the latter.
    if (!symbols.empty() && symbols.back().name_ofs == entry.symbol.name_ofs) {
      symbols.pop_back();
    }
    symbols.push_back(std::move(entry.symbol));
  }
  SetContainers(&symbols);
  return symbols;
}

std::vector<Import> DocumentTree::FindImports(bool* complete) const {
  std::vector<Import> imports;
  QueryBudget budget(kMaxStepsOfFile);
  *complete = grammar_.imports().Run(
      ts_tree_root_node(tree_.get()), text(), &budget, [&](const Match& match) {
        const Capture* import = match.Find(kImport);
        const Capture* module = match.Find(kModuleName);
        if (import == nullptr || module == nullptr) return;
        imports.push_back({WithoutQuotes(TextOf(module->node, text())),
                           ts_node_start_byte(import->node),
                           ts_node_end_byte(import->node)});
      });
  return imports;
}

std::string DocumentTree::DebugString() const {
  char* raw = ts_node_string(ts_tree_root_node(tree_.get()));
  std::string result = raw;
  std::free(raw);  // NOLINT: the library allocates with malloc
  return result;
}

}  // namespace krait::grammars
