// SPDX-License-Identifier: Apache-2.0
//
// Arguments and parameters: the rules on what may follow what.
#include <utility>

#include "grammars/rules/python_expression.h"

namespace krait::grammars {

struct ArgumentsSeen {
  size_t count = 0;
  bool keyword = false;  // a=1
  bool mapping = false;  // **a
  bool generator = false;
};

bool PythonExpressionParser::Argument(ArgumentsSeen* seen) {
  ++seen->count;
  if (Accept("**")) {
    seen->mapping = true;
    return Expression() != Shape::kWrong;
  }
  if (Accept("*")) return !seen->mapping && Expression() != Shape::kWrong;
  if (SeesName() && Then().Is("=")) {
    Advance();
    Advance();
    seen->keyword = true;
    return Expression() != Shape::kWrong;
  }
  if (seen->keyword || seen->mapping) return false;
  if (NamedExpression() == Shape::kWrong) return false;
  if (!SeesComprehension()) return true;
  seen->generator = true;
  return Comprehension();
}

bool PythonExpressionParser::Arguments() {
  const bool outer = std::exchange(no_in_, false);
  ArgumentsSeen seen;
  bool comma = false;
  while (!Sees(")")) {
    if (!Argument(&seen)) return false;
    comma = Accept(",");
    if (!comma) break;
  }
  no_in_ = outer;
  // A generator without brackets of its own is alone.
  if (seen.generator && (seen.count > 1 || comma)) return false;
  return Accept(")");
}

bool PythonExpressionParser::Parameter(std::string_view close, bool annotated,
                                       bool* has_default) {
  *has_default = false;
  if (!AcceptName()) return false;
  if (annotated && Accept(":")) {
    const bool starred = Accept("*");
    if (Expression() == Shape::kWrong) return false;
    if (starred) return Sees(",") || Sees(close);
  }
  *has_default = Accept("=");
  return !*has_default || Expression() != Shape::kWrong;
}

bool PythonExpressionParser::Parameters(std::string_view close,
                                        bool annotated) {
  bool defaults = false;  // one has been seen
  bool star = false;
  bool slash = false;
  bool bare_star = false;  // a name must follow
  for (size_t count = 0; !Sees(close); ++count) {
    bool has_default = false;
    if (Accept("**")) {
      if (bare_star || !Parameter(close, annotated, &has_default)) return false;
      (void)Accept(",");
      return !has_default && Accept(close);
    }
    if (Accept("/")) {
      if (count == 0 || slash || star) return false;
      slash = true;
    } else if (Accept("*")) {
      if (star) return false;
      star = true;
      bare_star = Sees(",");
      if (!bare_star && !Parameter(close, annotated, &has_default))
        return false;
      if (has_default) return false;
    } else {
      if (!Parameter(close, annotated, &has_default)) return false;
      if (defaults && !has_default && !star) return false;
      defaults |= has_default;
      bare_star = false;
    }
    if (!Accept(",")) break;
  }
  return !bare_star && Accept(close);
}

bool PythonExpressionParser::SkipBrackets() {
  size_t depth = 0;
  do {
    if (AtEnd() || Now().kind == PythonTokenKind::kBad) return false;
    if (Sees("(") || Sees("[") || Sees("{")) ++depth;
    if (Sees(")") || Sees("]") || Sees("}")) --depth;
    Advance();
  } while (depth > 0);
  return true;
}

}  // namespace krait::grammars
