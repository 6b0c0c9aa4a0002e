// SPDX-License-Identifier: Apache-2.0
// What krait says of a place in a source file, and of the file. Plain values;
// all offsets are in bytes, all ranges half-open.
#ifndef KRAIT_GRAMMARS_SYNTAX_TYPES_H_
#define KRAIT_GRAMMARS_SYNTAX_TYPES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace krait::grammars {

enum class SymbolKind : uint8_t {
  kClass,
  kConstant,
  kEnum,
  kFunction,
  kInterface,  // also: trait, protocol
  kMethod,
  kModule,   // also: namespace
  kSection,  // lines that stand together, where no grammar knows better
  kStruct,   // also: union
  kType,     // a name for a type
  kVariable,
};

// What the text around an offset is. Code within a string ("${here}") is code.
enum class Place : uint8_t { kCode, kString, kComment };

// What could be written at an offset.
enum class Spot : uint8_t {
  kEmptyBlock,      // a body with nothing in it yet
  kStatementStart,  // a new statement or declaration
  kStatement,       // the rest of a statement that has begun
  kExpression,      // an argument, an element: within brackets
};

// A definition that encloses an offset.
struct Declaration {
  SymbolKind kind = SymbolKind::kSection;
  std::string name;
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
};

// One step of indentation.
struct IndentUnit {
  char character = ' ';
  size_t width = 4;  // 1 for tabs
  std::string Text() const { return std::string(width, character); }
  bool operator==(const IndentUnit&) const = default;
};

struct SyntaxContext {
  Place place = Place::kCode;
  Spot spot = Spot::kStatement;
  std::vector<Declaration> enclosing;  // innermost first
  // The inside of the innermost block: a completion that closes more than it
  // opens leaves it. The whole text outside of any block.
  size_t block_begin_ofs = 0;
  size_t block_end_ofs = 0;
  IndentUnit indent;
  // False where the text is not well-formed around the offset (or no grammar
  // knows the language), so that all of the above is a guess from the lines.
  bool from_grammar = false;

  // True if completing more than one line makes sense.
  bool WantsBlock() const {
    return place == Place::kCode &&
           (spot == Spot::kEmptyBlock || spot == Spot::kStatementStart);
  }
};

// A definition, for an index of a repository.
struct Symbol {
  SymbolKind kind = SymbolKind::kSection;
  std::string name;
  std::string container;  // name of the definition around it; may be empty
  std::string signature;  // all but the body, on one line, cut if long
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  size_t name_ofs = 0;
  size_t signature_end_ofs = 0;  // of what `signature` was made of
};

struct Import {
  std::string module;  // as written, without quotes or angle brackets
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
};

// What checks of insertions may still cost, all together.
//
// The steps decide, so that the same text gets the same answer on a busy
// machine: a check of a few lines takes some ten to fifty, of some 30
// microseconds each. The time is for texts where a step takes much longer, as
// brackets that a program wrote; it is the time of the processor.
struct CheckBudget {
  size_t steps = 1200;
  std::chrono::microseconds cpu_time = std::chrono::milliseconds(150);

  static CheckBudget Unlimited() {
    return {.steps = std::numeric_limits<size_t>::max(),
            .cpu_time = std::chrono::hours(24)};
  }
  bool Spent() const { return steps == 0 || cpu_time.count() <= 0; }
};

// What an insertion does to what is well-formed.
struct InsertionErrors {
  // Syntax errors of the text, as far as they are looked for.
  size_t before = 0;
  size_t after = 0;
  // The statement at the place is not well-formed as it is, so that more of it
  // is to come.
  bool half_typed = false;
  // The statements that the insertion is in are well-formed with it, and no
  // others are worse for it.
  bool fits = true;
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_SYNTAX_TYPES_H_
