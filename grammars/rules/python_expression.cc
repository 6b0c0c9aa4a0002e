// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_expression.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "grammars/rules/python_literals.h"

namespace krait::grammars {
namespace {

// The language itself takes no more than 200 brackets in each other.
constexpr int kMaxDepth = 120;

}  // namespace

// Counts how deep the parser is in itself.
class PythonExpressionParser::Deeper {
 public:
  explicit Deeper(PythonExpressionParser* parser) : parser_(parser) {
    ++parser_->depth_;
  }
  ~Deeper() { --parser_->depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  bool TooDeep() const { return parser_->depth_ > kMaxDepth; }

 private:
  PythonExpressionParser* parser_;
};

bool PythonExpressionParser::Accept(std::string_view text) {
  if (!Sees(text)) return false;
  Advance();
  return true;
}

bool PythonExpressionParser::AcceptName() {
  if (!SeesName()) return false;
  Advance();
  return true;
}

PythonExpressionParser::Shape PythonExpressionParser::StarExpression() {
  if (!Accept("*")) return Expression();
  const Shape inner = Arithmetic();
  if (inner == Shape::kWrong) return inner;
  return CanBeAssigned(inner) ? Shape::kStarred : Shape::kStarredValue;
}

PythonExpressionParser::Shape PythonExpressionParser::StarExpressions() {
  const Shape first = StarExpression();
  if (first == Shape::kWrong || !Sees(",")) return first;
  bool targets = CanBeAssigned(first);
  while (Accept(",")) {
    // A comma at the end.
    const bool ends = AtEnd() || Sees("=") || Sees(")") || Sees(":") ||
                      Sees("]") || Sees("}") || Sees(";") || Sees("in");
    if (ends) break;
    const Shape next = StarExpression();
    if (next == Shape::kWrong) return next;
    targets &= CanBeAssigned(next);
  }
  return targets ? Shape::kTargets : Shape::kValue;
}

PythonExpressionParser::Shape PythonExpressionParser::NamedExpression() {
  if (!SeesName() || !Then().Is(":=")) return Expression();
  Advance();
  Advance();
  return Expression() == Shape::kWrong ? Shape::kWrong : Shape::kValue;
}

PythonExpressionParser::Shape PythonExpressionParser::Expression() {
  const Deeper deeper(this);
  if (deeper.TooDeep()) return Shape::kWrong;
  if (Sees("lambda")) return Lambda() ? Shape::kValue : Shape::kWrong;
  const Shape shape = Disjunction();
  if (shape == Shape::kWrong || !Accept("if")) return shape;
  const bool whole = Disjunction() != Shape::kWrong && Accept("else") &&
                     Expression() != Shape::kWrong;
  return whole ? Shape::kValue : Shape::kWrong;
}

PythonExpressionParser::Shape PythonExpressionParser::YieldExpression() {
  if (!Accept("yield")) return Shape::kWrong;
  if (Accept("from")) return Expression();
  const bool alone =
      AtEnd() || Sees(")") || Sees(";") || Sees("]") || Sees("}") || Sees("=");
  return alone ? Shape::kValue : StarExpressions();
}

PythonExpressionParser::Shape PythonExpressionParser::Targets() {
  const bool outer = std::exchange(no_in_, true);
  const Shape shape = StarExpressions();
  no_in_ = outer;
  return CanBeAssigned(shape) ? shape : Shape::kWrong;
}

PythonExpressionParser::Shape PythonExpressionParser::Disjunction() {
  Shape shape = Inversion();
  while (shape != Shape::kWrong && (Sees("or") || Sees("and"))) {
    Advance();
    shape = Inversion() == Shape::kWrong ? Shape::kWrong : Shape::kValue;
  }
  return shape;
}

PythonExpressionParser::Shape PythonExpressionParser::Inversion() {
  bool inverts = false;
  while (Accept("not")) inverts = true;
  const Shape shape = Comparison();
  return shape != Shape::kWrong && inverts ? Shape::kValue : shape;
}

bool PythonExpressionParser::AcceptComparison() {
  if (Sees("not") && Then().Is("in")) {
    Advance();
    Advance();
    return true;
  }
  if (Accept("is")) {
    (void)Accept("not");
    return true;
  }
  if (Sees("in") && no_in_) return false;
  for (const std::string_view op : {"==", "!=", "<", ">", "<=", ">=", "in"}) {
    if (Accept(op)) return true;
  }
  return false;
}

PythonExpressionParser::Shape PythonExpressionParser::Comparison() {
  Shape shape = Arithmetic();
  while (shape != Shape::kWrong && AcceptComparison()) {
    shape = Arithmetic() == Shape::kWrong ? Shape::kWrong : Shape::kValue;
  }
  return shape;
}

bool PythonExpressionParser::AcceptBinary() {
  for (const std::string_view op :
       {"+", "-", "*", "/", "%", "//", "**", "@", "<<", ">>", "&", "|", "^"}) {
    if (Accept(op)) return true;
  }
  return false;
}

PythonExpressionParser::Shape PythonExpressionParser::Arithmetic() {
  Shape shape = Unary();
  while (shape != Shape::kWrong && AcceptBinary()) {
    shape = Unary() == Shape::kWrong ? Shape::kWrong : Shape::kValue;
  }
  return shape;
}

PythonExpressionParser::Shape PythonExpressionParser::Unary() {
  bool changes = false;
  while (Accept("-") || Accept("+") || Accept("~")) changes = true;
  changes |= Accept("await");
  const Shape shape = Primary();
  return shape != Shape::kWrong && changes ? Shape::kValue : shape;
}

PythonExpressionParser::Shape PythonExpressionParser::Primary() {
  Shape shape = Atom();
  while (shape != Shape::kWrong) {
    if (Accept(".")) {
      shape = AcceptName() ? Shape::kPlace : Shape::kWrong;
    } else if (Accept("(")) {
      shape = Arguments() ? Shape::kValue : Shape::kWrong;
    } else if (Accept("[")) {
      shape = Subscript() ? Shape::kPlace : Shape::kWrong;
    } else {
      break;
    }
  }
  return shape;
}

PythonExpressionParser::Shape PythonExpressionParser::Atom() {
  const Deeper deeper(this);
  if (deeper.TooDeep()) return Shape::kWrong;
  const bool outer = std::exchange(no_in_, false);
  Shape shape = Shape::kWrong;
  if (AcceptName()) {
    shape = Shape::kName;
  } else if (Accept("True") || Accept("False") || Accept("None") ||
             Accept("...")) {
    shape = Shape::kValue;
  } else if (Now().kind == PythonTokenKind::kNumber) {
    shape = IsPythonNumber(Now().text) ? Shape::kValue : Shape::kWrong;
    Advance();
  } else if (Now().IsString()) {
    shape = Strings();
  } else if (Accept("(")) {
    shape = Round();
  } else if (Accept("[")) {
    shape = Square();
  } else if (Accept("{")) {
    shape = Curly() ? Shape::kValue : Shape::kWrong;
  }
  no_in_ = outer;
  return shape;
}

PythonExpressionParser::Shape PythonExpressionParser::Strings() {
  const bool bytes = Now().kind == PythonTokenKind::kBytes;
  for (; Now().IsString(); Advance()) {
    const bool fits = (Now().kind == PythonTokenKind::kBytes) == bytes &&
                      EscapesAreWhole(Now());
    if (!fits) return Shape::kWrong;
    if (Now().kind == PythonTokenKind::kFormatted &&
        !Formatted(InsideOfString(Now().text), depth_)) {
      return Shape::kWrong;
    }
  }
  return Shape::kValue;
}

bool PythonExpressionParser::Formatted(std::string_view inside, int depth) {
  if (depth > kMaxDepth) return false;
  std::vector<ReplacementField> fields;
  if (!FindFields(inside, &fields)) return false;
  for (const ReplacementField& field : fields) {
    const auto tokens = PythonLexer::Inside(field.expression);
    PythonExpressionParser parser(tokens);
    parser.depth_ = depth + 1;
    const bool reads = parser.Sees("yield")
                           ? parser.YieldExpression() != Shape::kWrong
                           : parser.StarExpressions() != Shape::kWrong;
    if (!reads) return false;
    (void)parser.Accept("=");
    if (parser.Now().text == "!") {
      parser.Advance();
      const std::string_view how = parser.Now().text;
      if (how != "r" && how != "s" && how != "a") return false;
      parser.Advance();
    }
    if (!parser.AtEnd() || !Formatted(field.format, depth + 1)) return false;
  }
  return true;
}

struct PythonExpressionParser::Elements {
  bool well_formed = false;
  size_t count = 0;
  bool comma = false;
  bool comprehension = false;
  bool named = false;  // one is a value by its form
  Shape first = Shape::kWrong;
  bool targets = true;
};

// Reads what brackets hold, up to and with `close`.
PythonExpressionParser::Elements PythonExpressionParser::ReadElements(
    std::string_view close) {
  Elements elements;
  while (!Sees(close)) {
    const Shape shape = Sees("*") ? StarExpression() : NamedExpression();
    if (shape == Shape::kWrong) return elements;
    if (elements.count++ == 0) elements.first = shape;
    elements.targets &= CanBeAssigned(shape);
    if (elements.count == 1 && SeesComprehension()) {
      elements.comprehension = true;
      const bool starred =
          shape == Shape::kStarred || shape == Shape::kStarredValue;
      if (starred || !Comprehension()) return elements;
      break;
    }
    if (!Accept(",")) break;
    elements.comma = true;
  }
  elements.well_formed = Accept(close);
  return elements;
}

PythonExpressionParser::Shape PythonExpressionParser::Round() {
  if (Sees("yield")) {
    const bool whole = YieldExpression() != Shape::kWrong && Accept(")");
    return whole ? Shape::kValue : Shape::kWrong;
  }
  const Elements elements = ReadElements(")");
  if (!elements.well_formed) return Shape::kWrong;
  if (elements.comprehension) return Shape::kValue;
  if (elements.count != 1 || elements.comma) {
    return elements.targets ? Shape::kTargets : Shape::kValue;
  }
  // Brackets around one expression.
  const bool starred = elements.first == Shape::kStarred ||
                       elements.first == Shape::kStarredValue;
  return starred ? Shape::kWrong : elements.first;
}

PythonExpressionParser::Shape PythonExpressionParser::Square() {
  const Elements elements = ReadElements("]");
  if (!elements.well_formed) return Shape::kWrong;
  return elements.targets && !elements.comprehension ? Shape::kTargets
                                                     : Shape::kValue;
}

bool PythonExpressionParser::DictionaryItem() {
  if (Accept("**")) return Arithmetic() != Shape::kWrong;
  return Expression() != Shape::kWrong && Accept(":") &&
         Expression() != Shape::kWrong;
}

bool PythonExpressionParser::Curly() {
  if (Accept("}")) return true;
  const bool unpacks = Sees("**");
  const bool starred = Sees("*");
  const bool named = SeesName() && Then().Is(":=");
  if (unpacks) {
    if (!DictionaryItem()) return false;
  } else if ((starred ? StarExpression() : NamedExpression()) ==
             Shape::kWrong) {
    return false;
  }
  // A set, unless a colon follows its first element.
  const bool dictionary = unpacks || Sees(":");
  if (dictionary && (starred || named)) return false;
  if (Accept(":") && Expression() == Shape::kWrong) return false;
  if (SeesComprehension()) {
    return !unpacks && !starred && Comprehension() && Accept("}");
  }
  while (Accept(",") && !Sees("}")) {
    const bool good = dictionary  ? DictionaryItem()
                      : Sees("*") ? StarExpression() != Shape::kWrong
                                  : NamedExpression() != Shape::kWrong;
    if (!good) return false;
  }
  return Accept("}");
}

bool PythonExpressionParser::Comprehension() {
  while (SeesComprehension()) {
    (void)Accept("async");
    if (!Accept("for") || Targets() == Shape::kWrong || !Accept("in") ||
        Disjunction() == Shape::kWrong) {
      return false;
    }
    while (Accept("if")) {
      if (Disjunction() == Shape::kWrong) return false;
    }
  }
  return true;
}

bool PythonExpressionParser::Subscript() {
  const bool outer = std::exchange(no_in_, false);
  if (Sees("]")) return false;
  while (!Sees("]")) {
    if (!Slice()) return false;
    if (!Accept(",")) break;
  }
  no_in_ = outer;
  return Accept("]");
}

bool PythonExpressionParser::Slice() {
  if (Sees("*")) return StarExpression() != Shape::kWrong;
  if (!Sees(":") && NamedExpression() == Shape::kWrong) return false;
  for (int colon = 0; colon < 2 && Accept(":"); ++colon) {
    if (Sees(":") || Sees("]") || Sees(",")) continue;
    if (Expression() == Shape::kWrong) return false;
  }
  return true;
}

bool PythonExpressionParser::Lambda() {
  return Accept("lambda") && Parameters(":", /*annotated=*/false) &&
         Expression() != Shape::kWrong;
}

}  // namespace krait::grammars
