// SPDX-License-Identifier: Apache-2.0
#include "grammars/qualified_name.h"

#include <cstddef>

#include "grammars/word_bytes.h"

namespace krait::grammars {
namespace {

// Whether `operator` begins there, as a word.
bool IsOperatorAt(std::string_view text, size_t at) {
  constexpr std::string_view kOperator = "operator";
  if (!text.substr(at).starts_with(kOperator)) return false;
  const size_t end = at + kOperator.size();
  return (at == 0 || !IsWordByte(text[at - 1])) &&
         (end == text.size() || !IsWordByte(text[end]));
}

size_t SeparatorAt(std::string_view text, size_t at) {
  if (text.substr(at).starts_with("::")) return 2;
  return text[at] == '.' || text[at] == ':' ? 1 : 0;
}

}  // namespace

QualifiedName SplitFunctionName(std::string_view written) {
  std::string_view scope;
  size_t begin = 0;  // of the name
  size_t depth = 0;
  for (size_t at = 0; at < written.size(); ++at) {
    const char c = written[at];
    if (depth == 0 && IsOperatorAt(written, at)) break;
    if (c == '<' || c == '(') ++depth;
    if ((c == '>' || c == ')') && depth > 0) --depth;
    if (depth > 0) continue;
    if (const size_t separator = SeparatorAt(written, at)) {
      scope = written.substr(begin, at - begin);
      at += separator - 1;
      begin = at + 1;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '*' || c == '&') {
      scope = {};
      begin = at + 1;
    }
  }
  if (begin == written.size()) return {.scope = {}, .name = written};
  return {.scope = scope.substr(0, scope.find('<')),
          .name = written.substr(begin)};
}

}  // namespace krait::grammars
