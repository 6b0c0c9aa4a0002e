// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_PYTHON_EXPRESSION_H_
#define KRAIT_GRAMMARS_RULES_PYTHON_EXPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "grammars/rules/python_lexer.h"

namespace krait::grammars {

// Reads the expressions of a line of tokens by the rules of the language's own
// grammar, as far as it checks them before it runs anything. Precedence does
// not matter for what is well-formed, so binary operators are one level each
// for `or`/`and`, comparisons and arithmetic.
class PythonExpressionParser {
 public:
  // The last of `tokens` is kEnd; they must outlive the parser.
  explicit PythonExpressionParser(std::span<const PythonToken> tokens)
      : tokens_(tokens) {}

 protected:
  // What an expression could be used as.
  enum class Shape : uint8_t {
    kWrong,    // no expression
    kName,     // a name
    kPlace,    // an attribute or an element
    kTargets,  // a tuple or list of what can be assigned to
    kStarred,  // `*` and what can be assigned to
    kStarredValue,
    kValue,
  };

  static bool CanBeAssigned(Shape shape) {
    return shape == Shape::kName || shape == Shape::kPlace ||
           shape == Shape::kTargets || shape == Shape::kStarred;
  }

  const PythonToken& Now() const { return tokens_[at_]; }
  const PythonToken& Then() const {
    return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_];
  }
  bool Sees(std::string_view text) const { return Now().Is(text); }
  bool SeesName() const { return Now().kind == PythonTokenKind::kName; }
  bool AtEnd() const { return Now().kind == PythonTokenKind::kEnd; }
  void Advance() {
    if (!AtEnd()) ++at_;
  }
  // Passes what is expected over, if it is there.
  bool Accept(std::string_view text);
  bool AcceptName();

  // Return kWrong if there is no such expression. Named as in the language's
  // reference.
  Shape StarExpressions();
  Shape Expression();
  Shape NamedExpression();
  Shape YieldExpression();
  // What stands between `for` and `in`.
  Shape Targets();
  // What stands behind `(` up to and with `)`.
  bool Arguments();
  // Parameters up to and with `close`. Only with `annotated` they may have
  // types.
  bool Parameters(std::string_view close, bool annotated);
  // Passes over from an opening bracket to its closing one.
  bool SkipBrackets();

  size_t at_ = 0;

 private:
  class Deeper;
  struct Elements;

  Shape StarExpression();
  Shape Disjunction();
  Shape Inversion();
  Shape Comparison();
  Shape Arithmetic();
  Shape Unary();
  Shape Primary();
  Shape Atom();
  Shape Strings();
  Shape Number();
  Shape Round();
  Shape Square();
  bool Curly();
  bool DictionaryItem();
  bool Lambda();
  bool Comprehension();
  bool Subscript();
  bool Slice();
  bool Parameter(std::string_view close, bool annotated, bool* has_default);
  bool Argument(struct ArgumentsSeen* seen);
  bool AcceptComparison();
  bool AcceptBinary();
  bool SeesComprehension() const { return Sees("for") || Sees("async"); }
  Elements ReadElements(std::string_view close);
  static bool Formatted(std::string_view inside, int depth);

  std::span<const PythonToken> tokens_;
  int depth_ = 0;
  bool no_in_ = false;  // `in` is not an operator here
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_PYTHON_EXPRESSION_H_
