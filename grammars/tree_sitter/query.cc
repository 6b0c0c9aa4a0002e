// SPDX-License-Identifier: Apache-2.0
#include "grammars/tree_sitter/query.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace krait::grammars {
namespace {

struct NamedRole {
  std::string_view name;
  Role role;
  SymbolKind kind = SymbolKind::kSection;
};

constexpr std::array<NamedRole, 20> kNamedRoles = {{
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
    {"string", kString},
}};

// More unfinished matches than this are no sensible program; the library then
// drops the oldest instead of comparing all with each other.
constexpr uint32_t kMaxUnfinishedMatches = 1024;

// Nodes nested deeper mean nothing to a query: the library takes time in
// proportion to the depth for each node.
constexpr uint32_t kMaxDepth = 500;

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

void Query::Run(TSNode root, std::string_view text, ByteRange range,
                const std::function<void(const Match&)>& visit) const {
  if (query_ == nullptr) return;
  const QueryCursorHandle cursor(ts_query_cursor_new());
  ts_query_cursor_set_match_limit(cursor.get(), kMaxUnfinishedMatches);
  ts_query_cursor_set_max_start_depth(cursor.get(), kMaxDepth);
  ts_query_cursor_set_byte_range(cursor.get(),
                                 static_cast<uint32_t>(range.begin_ofs),
                                 static_cast<uint32_t>(range.end_ofs));
  ts_query_cursor_exec(cursor.get(), query_.get(), root);
  TSQueryMatch found;
  Match match;
  while (ts_query_cursor_next_match(cursor.get(), &found)) {
    if (!Accepts(found, text)) continue;
    match.pattern = found.pattern_index;
    match.captures.clear();
    for (const TSQueryCapture& capture :
         std::span(found.captures, found.capture_count)) {
      const CaptureMeaning& meaning = meanings_[capture.index];
      match.captures.push_back({meaning.role, meaning.kind, capture.node});
    }
    visit(match);
  }
}

}  // namespace krait::grammars
