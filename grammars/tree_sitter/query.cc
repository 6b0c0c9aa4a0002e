// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/query.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "grammars/tree_sitter/limits.h"

namespace krait::grammars {
namespace {

struct NamedRole {
  std::string_view name;
  Role role;
  SymbolKind kind = SymbolKind::kSection;
};

constexpr std::array<NamedRole, 21> kNamedRoles = {{
    {"block", kBlock},
    {"body", kBody},
    {"code", kCode},
    {"comment", kComment},
    {"container", kContainer},
    {"definition.class", kDefinition, SymbolKind::kClass},
    {"definition.constant", kDefinition, SymbolKind::kConstant},
    {"definition.enum", kDefinition, SymbolKind::kEnum},
    {"definition.function", kDefinition, SymbolKind::kFunction},
    {"definition.interface", kDefinition, SymbolKind::kInterface},
    {"definition.method", kDefinition, SymbolKind::kMethod},
    {"definition.module", kDefinition, SymbolKind::kModule},
    {"definition.struct", kDefinition, SymbolKind::kStruct},
    {"definition.type", kDefinition, SymbolKind::kType},
    {"definition.variable", kDefinition, SymbolKind::kVariable},
    {"expression", kExpression},
    {"import", kImport},
    {"module", kModuleName},
    {"name", kName},
    {"scope", kScope},
    {"string", kString},
}};

// More unfinished matches than this are no sensible program; the library then
// drops the oldest instead of comparing all with each other.
constexpr uint32_t kMaxUnfinishedMatches = 1024;

std::string_view StringOf(const TSQuery* query, uint32_t id) {
  uint32_t length = 0;
  const char* value = ts_query_string_value_for_id(query, id, &length);
  return {value, length};
}

}  // namespace

const Capture* Match::Find(Role role) const {
  const auto found = std::ranges::find(captures, role, &Capture::role);
  return found == captures.end() ? nullptr : &*found;
}

Query::Query(const TSLanguage* language, std::string_view source,
             std::string* error) {
  error->clear();
  uint32_t error_ofs = 0;
  TSQueryError code = TSQueryErrorNone;
  query_.reset(ts_query_new(language, source.data(),
                            static_cast<uint32_t>(source.size()), &error_ofs,
                            &code));
  if (query_ == nullptr) {
    *error = "query error " + std::to_string(code) +
             " at: " + std::string(source.substr(error_ofs, 60));
    return;
  }
  ReadCaptureNames();
  for (uint32_t i = 0; i < ts_query_pattern_count(query_.get()); ++i) {
    ReadPredicates(i);
  }
}

void Query::ReadCaptureNames() {
  for (uint32_t i = 0; i < ts_query_capture_count(query_.get()); ++i) {
    uint32_t length = 0;
    const char* name = ts_query_capture_name_for_id(query_.get(), i, &length);
    const auto found = std::ranges::find(
        kNamedRoles, std::string_view(name, length), &NamedRole::name);
    meanings_.push_back(found == kNamedRoles.end()
                            ? CaptureMeaning{}
                            : CaptureMeaning{found->role, found->kind});
  }
}

void Query::ReadPredicates(uint32_t pattern) {
  uint32_t num_steps = 0;
  const TSQueryPredicateStep* data =
      ts_query_predicates_for_pattern(query_.get(), pattern, &num_steps);
  std::span<const TSQueryPredicateStep> steps(data, num_steps);
  while (steps.size() > 2) {
    const auto end = std::ranges::find(steps, TSQueryPredicateStepTypeDone,
                                       &TSQueryPredicateStep::type);
    const auto length = static_cast<size_t>(end - steps.begin());
    if (length > 2 && StringOf(query_.get(), steps[0].value_id) == "any-of?" &&
        steps[1].type == TSQueryPredicateStepTypeCapture) {
      AnyOf any_of{pattern, steps[1].value_id, {}};
      for (const TSQueryPredicateStep& step : steps.subspan(2, length - 2)) {
        any_of.values.emplace_back(StringOf(query_.get(), step.value_id));
      }
      predicates_.push_back(std::move(any_of));
    }
    steps = steps.subspan(std::min(length + 1, steps.size()));
  }
}

bool Query::Accepts(const TSQueryMatch& match, std::string_view text) const {
  for (const AnyOf& any_of : predicates_) {
    if (any_of.pattern != match.pattern_index) continue;
    for (const TSQueryCapture& capture :
         std::span(match.captures, match.capture_count)) {
      if (capture.index != any_of.capture_idx) continue;
      const size_t begin = ts_node_start_byte(capture.node);
      const size_t end = ts_node_end_byte(capture.node);
      if (std::ranges::find(any_of.values, text.substr(begin, end - begin)) ==
          any_of.values.end()) {
        return false;
      }
    }
  }
  return true;
}

bool QueryBudget::Spend(size_t steps) {
  if (steps >= steps_left_) {
    steps_left_ = 0;
    return false;
  }
  steps_left_ -= steps;
  return true;
}

// A cursor of the library for one query, text and budget.
class Query::Cursor {
 public:
  Cursor(const Query& query, std::string_view text, QueryBudget* budget)
      : query_(query),
        text_(text),
        budget_(budget),
        cursor_(ts_query_cursor_new()) {
    ts_query_cursor_set_match_limit(cursor_.get(), kMaxUnfinishedMatches);
    options_.payload = this;
    options_.progress_callback = IsPast;
  }

  void SetRange(ByteRange range) {
    ts_query_cursor_set_byte_range(cursor_.get(),
                                   static_cast<uint32_t>(range.begin_ofs),
                                   static_cast<uint32_t>(range.end_ofs));
  }

  // Asks for the patterns that begin at most `depth` below `node`.
  bool Ask(TSNode node, uint32_t depth, const Visit& visit) {
    cost_ = CostAt(node);
    if (++nodes_ % kNodesPerStep == 0) (void)budget_->Spend(1);
    // The library would not ask before it has spent as much.
    if (cost_ > budget_->steps_left()) (void)budget_->Spend(cost_);
    if (budget_->spent()) return false;
    ts_query_cursor_set_max_start_depth(cursor_.get(), depth);
    ts_query_cursor_exec_with_options(cursor_.get(), query_.query_.get(), node,
                                      &options_);
    TSQueryMatch found;
    while (ts_query_cursor_next_match(cursor_.get(), &found)) {
      if (query_.Accepts(found, text_)) visit(query_.Translate(found));
      if (budget_->spent()) return false;
    }
    return !budget_->spent();
  }

 private:
  // Asking at so many single nodes is a step.
  static constexpr size_t kNodesPerStep = 32;
  // At each child the library looks past the tokens behind it for a node that
  // has a name; so many take it as long as all else.
  static constexpr size_t kTokensPerStep = 100;

  static size_t CostAt(TSNode node) {
    const uint32_t tokens =
        ts_node_child_count(node) - ts_node_named_child_count(node);
    return 1 + tokens / kTokensPerStep;
  }

  static bool IsPast(TSQueryCursorState* state) {
    auto* cursor = static_cast<Cursor*>(state->payload);
    return !cursor->budget_->Spend(cursor->cost_);
  }

  const Query& query_;
  std::string_view text_;
  QueryBudget* budget_;
  size_t nodes_ = 0;  // asked at
  size_t cost_ = 1;   // steps between two calls of IsPast
  TSQueryCursorOptions options_ = {};
  QueryCursorHandle cursor_;
};

Match Query::Translate(const TSQueryMatch& found) const {
  Match match;
  match.pattern = found.pattern_index;
  match.captures.reserve(found.capture_count);
  for (const TSQueryCapture& capture :
       std::span(found.captures, found.capture_count)) {
    const CaptureMeaning& meaning = meanings_[capture.index];
    match.captures.push_back({meaning.role, meaning.kind, capture.node});
  }
  return match;
}

// The library takes time in proportion to the number of children for each child
// of a long error. So where the text is not well-formed nodes are asked one by
// one, and their children are walked here.
bool Query::Run(TSNode root, std::string_view text, QueryBudget* budget,
                const Visit& visit) const {
  if (query_ == nullptr) return true;
  Cursor cursor(*this, text, budget);
  TreeCursor walk(root);
  for (;;) {
    const TSNode node = walk.Node();
    const bool broken = ts_node_has_error(node);
    if (!cursor.Ask(node, broken ? 0 : kMaxDepth, visit)) return false;
    if (broken && walk.ToFirstChild()) continue;
    while (!walk.ToNextSibling()) {
      if (!walk.ToParent()) return true;
    }
  }
}

bool Query::RunAt(std::span<const TSNode> nodes, std::string_view text,
                  ByteRange range, QueryBudget* budget,
                  const Visit& visit) const {
  if (query_ == nullptr) return true;
  Cursor cursor(*this, text, budget);
  cursor.SetRange(range);
  for (const TSNode& node : nodes) {
    if (!cursor.Ask(node, 0, visit)) return false;
  }
  return true;
}

}  // namespace krait::grammars
