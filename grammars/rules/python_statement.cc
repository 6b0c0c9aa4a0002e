// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_statement.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "grammars/rules/python_expression.h"

namespace krait::grammars {
namespace {

constexpr std::array<std::string_view, 13> kAugmented = {
    "+=", "-=", "*=", "/=",  "//=", "%=", "@=",
    "&=", "|=", "^=", "<<=", ">>=", "**="};

class StatementParser : private PythonExpressionParser {
 public:
  explicit StatementParser(const PythonLine& line)
      : PythonExpressionParser(line.tokens), line_(line) {}

  PythonStatement Read() {
    PythonStatement statement;
    statement.clause = Clause();
    if (statement.clause == PythonClause::kSimple) {
      statement.well_formed = SimpleStatements();
    } else if (statement.clause == PythonClause::kDecorator) {
      Advance();
      statement.well_formed = NamedExpression() != Shape::kWrong && AtEnd();
    } else if (Header(statement.clause) && Accept(":")) {
      statement.wants_block = AtEnd();
      statement.well_formed = statement.wants_block || SimpleStatements();
      const bool alone = statement.clause == PythonClause::kMatch;
      if (alone) statement.well_formed = statement.wants_block;
    } else {
      statement.may_have_block = true;
    }
    return statement;
  }

 private:
  PythonClause Clause() const;
  // Whether a colon stands outside of brackets: the last token, or any.
  bool HasColon(bool at_end) const {
    const auto& tokens = line_.tokens;
    if (at_end) return tokens.size() > 1 && tokens[tokens.size() - 2].Is(":");
    int depth = 0;
    return std::ranges::any_of(tokens, [&depth](const PythonToken& token) {
      if (token.Is("(") || token.Is("[") || token.Is("{")) ++depth;
      if (token.Is(")") || token.Is("]") || token.Is("}")) --depth;
      return depth == 0 && token.Is(":");
    });
  }
  // `match` and `case` are names, too.
  bool IsSoftKeyword(std::string_view word) const {
    if (!SeesName() || Now().text != word) return false;
    const PythonToken& then = Then();
    const bool plain = then.Is(":") || then.Is("=") || then.Is(".") ||
                       then.Is(",") || then.Is(")");
    return !plain && HasColon(/*at_end=*/word == "match");
  }

  bool Header(PythonClause clause);
  bool Definition();
  bool ForHeader();
  bool ExceptHeader();
  bool WithHeader();
  bool WithItems(std::string_view close);
  bool CaseHeader();

  bool SimpleStatements();
  bool SimpleStatement();
  bool ExpressionStatement();
  bool Annotation(Shape target);
  bool Value();
  bool Delete();
  bool Names();
  bool Raise();
  bool Assert();
  bool Import();
  bool ImportFrom();
  bool DottedName();
  bool TypeAlias();

  const PythonLine& line_;
};

PythonClause StatementParser::Clause() const {
  struct Word {
    std::string_view text;
    PythonClause clause;
  };
  static constexpr std::array<Word, 12> kWords = {{
      {"@", PythonClause::kDecorator},
      {"def", PythonClause::kDefinition},
      {"class", PythonClause::kDefinition},
      {"if", PythonClause::kIf},
      {"elif", PythonClause::kElif},
      {"else", PythonClause::kElse},
      {"for", PythonClause::kLoop},
      {"while", PythonClause::kLoop},
      {"try", PythonClause::kTry},
      {"except", PythonClause::kExcept},
      {"finally", PythonClause::kFinally},
      {"with", PythonClause::kWith},
  }};
  const PythonToken& word = Sees("async") ? Then() : Now();
  for (const Word& known : kWords) {
    if (word.Is(known.text)) return known.clause;
  }
  if (IsSoftKeyword("match")) return PythonClause::kMatch;
  if (IsSoftKeyword("case")) return PythonClause::kCase;
  return PythonClause::kSimple;
}

bool StatementParser::Header(PythonClause clause) {
  const bool async = Accept("async");
  const bool can_be_async = Sees("def") || Sees("for") || Sees("with");
  if (async && !can_be_async) return false;
  switch (clause) {
    case PythonClause::kDefinition:
      return Definition();
    case PythonClause::kLoop:
      if (Sees("for")) return ForHeader();
      [[fallthrough]];
    case PythonClause::kIf:
    case PythonClause::kElif:
      Advance();
      return NamedExpression() != Shape::kWrong;
    case PythonClause::kElse:
    case PythonClause::kTry:
    case PythonClause::kFinally:
      Advance();
      return true;
    case PythonClause::kExcept:
      return ExceptHeader();
    case PythonClause::kWith:
      return WithHeader();
    case PythonClause::kMatch:
      Advance();
      return StarExpressions() != Shape::kWrong;
    case PythonClause::kCase:
      return CaseHeader();
    default:
      return false;
  }
}

bool StatementParser::Definition() {
  const bool is_class = Sees("class");
  Advance();
  if (!AcceptName()) return false;
  if (Sees("[") && !SkipBrackets()) return false;  // type parameters
  if (is_class) return !Accept("(") || Arguments();
  if (!Accept("(") || !Parameters(")", /*annotated=*/true)) return false;
  return !Accept("->") || Expression() != Shape::kWrong;
}

bool StatementParser::ForHeader() {
  Advance();
  return Targets() != Shape::kWrong && Accept("in") &&
         StarExpressions() != Shape::kWrong;
}

bool StatementParser::ExceptHeader() {
  Advance();
  const bool group = Accept("*");
  if (!group && Sees(":")) return true;
  const Shape what = StarExpressions();
  if (what == Shape::kWrong) return false;
  return !Accept("as") || AcceptName();
}

bool StatementParser::WithItems(std::string_view close) {
  do {
    if (Sees(close)) break;
    if (Expression() == Shape::kWrong) return false;
    if (!Accept("as")) continue;
    const Shape target = Expression();
    if (!CanBeAssigned(target)) return false;
  } while (Accept(","));
  return Sees(close);
}

bool StatementParser::WithHeader() {
  Advance();
  if (Sees(":")) return false;
  if (Sees("(")) {
    // Brackets around all items, or the begin of the first one.
    const size_t begin = at_;
    if (SkipBrackets() && Sees(":")) {
      at_ = begin + 1;
      if (!Sees(")") && WithItems(")")) return Accept(")");
    }
    at_ = begin;
  }
  return WithItems(":");
}

// Patterns are taken as they are, as long as their brackets close.
bool StatementParser::CaseHeader() {
  Advance();
  bool any = false;
  while (!AtEnd() && !Sees(":")) {
    any = true;
    if (Sees("(") || Sees("[") || Sees("{")) {
      if (!SkipBrackets()) return false;
      continue;
    }
    if (Accept("if")) return NamedExpression() != Shape::kWrong;
    const bool closes = Sees(")") || Sees("]") || Sees("}") || Sees("=");
    if (closes || Now().kind == PythonTokenKind::kBad) return false;
    Advance();
  }
  return any;
}

bool StatementParser::SimpleStatements() {
  do {
    if (!SimpleStatement()) return false;
  } while (Accept(";") && !AtEnd());
  return AtEnd();
}

bool StatementParser::SimpleStatement() {
  if (Accept("pass") || Accept("break") || Accept("continue")) return true;
  if (Accept("return")) {
    return AtEnd() || Sees(";") || StarExpressions() != Shape::kWrong;
  }
  if (Sees("del")) return Delete();
  if (Accept("global") || Accept("nonlocal")) return Names();
  if (Accept("raise")) return Raise();
  if (Accept("assert")) return Assert();
  if (Accept("import")) return Import();
  if (Accept("from")) return ImportFrom();
  const bool type_alias = SeesName() && Now().text == "type" &&
                          Then().kind == PythonTokenKind::kName;
  return type_alias ? TypeAlias() : ExpressionStatement();
}

// What may stand behind `=`.
bool StatementParser::Value() {
  return (Sees("yield") ? YieldExpression() : StarExpressions()) !=
         Shape::kWrong;
}

bool StatementParser::Annotation(Shape target) {
  if (target != Shape::kName && target != Shape::kPlace) return false;
  if (Expression() == Shape::kWrong) return false;
  return !Accept("=") || Value();
}

bool StatementParser::ExpressionStatement() {
  if (Sees("yield")) return YieldExpression() != Shape::kWrong;
  Shape shape = StarExpressions();
  if (shape == Shape::kWrong) return false;
  if (Accept(":")) return Annotation(shape);
  for (const std::string_view op : kAugmented) {
    if (!Accept(op)) continue;
    return (shape == Shape::kName || shape == Shape::kPlace) && Value();
  }
  while (Accept("=")) {
    if (!CanBeAssigned(shape)) return false;
    if (Sees("yield")) return YieldExpression() != Shape::kWrong;
    shape = StarExpressions();
    if (shape == Shape::kWrong) return false;
  }
  return true;
}

bool StatementParser::Delete() {
  Advance();
  const Shape shape = StarExpressions();
  return shape == Shape::kName || shape == Shape::kPlace ||
         shape == Shape::kTargets;
}

bool StatementParser::Names() {
  do {
    if (!AcceptName()) return false;
  } while (Accept(","));
  return true;
}

bool StatementParser::Raise() {
  if (AtEnd() || Sees(";")) return true;
  if (Expression() == Shape::kWrong) return false;
  return !Accept("from") || Expression() != Shape::kWrong;
}

bool StatementParser::Assert() {
  if (Expression() == Shape::kWrong) return false;
  return !Accept(",") || Expression() != Shape::kWrong;
}

bool StatementParser::DottedName() {
  do {
    if (!AcceptName()) return false;
  } while (Accept("."));
  return true;
}

bool StatementParser::Import() {
  do {
    if (!DottedName()) return false;
    if (Accept("as") && !AcceptName()) return false;
  } while (Accept(","));
  return true;
}

bool StatementParser::ImportFrom() {
  bool relative = false;
  while (Accept(".") || Accept("...")) relative = true;
  if (!(relative && Sees("import")) && !DottedName()) return false;
  if (!Accept("import")) return false;
  if (Accept("*")) return true;
  const bool brackets = Accept("(");
  do {
    if (brackets && at_ > 0 && Sees(")")) break;
    if (!AcceptName()) return false;
    if (Accept("as") && !AcceptName()) return false;
  } while (Accept(","));
  return !brackets || Accept(")");
}

bool StatementParser::TypeAlias() {
  Advance();
  Advance();
  if (Sees("[") && !SkipBrackets()) return false;
  return Accept("=") && Expression() != Shape::kWrong;
}

}  // namespace

PythonStatement ReadPythonStatement(const PythonLine& line) {
  return StatementParser(line).Read();
}

}  // namespace krait::grammars
