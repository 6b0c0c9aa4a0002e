// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_PYTHON_STATEMENT_H_
#define KRAIT_GRAMMARS_RULES_PYTHON_STATEMENT_H_

#include <cstdint>

#include "grammars/rules/python_lexer.h"

namespace krait::grammars {

// What a line is to the lines around it.
enum class PythonClause : uint8_t {
  kSimple,
  kDecorator,
  kDefinition,  // def, class
  kIf,
  kElif,
  kElse,
  kLoop,
  kTry,
  kExcept,
  kFinally,
  kWith,
  kMatch,
  kCase,
};

struct PythonStatement {
  bool well_formed = false;
  PythonClause clause = PythonClause::kSimple;
  bool wants_block = false;     // deeper lines must follow
  bool may_have_block = false;  // they may: a header that is not well-formed
};

// Reads a line: simple statements, or the header of a compound one and what
// follows its colon.
PythonStatement ReadPythonStatement(const PythonLine& line);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_PYTHON_STATEMENT_H_
