// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_rules.h"

#include <optional>

#include "grammars/rules/python_lexer.h"
#include "grammars/rules/python_statement.h"

namespace krait::grammars {
namespace {

// The lines of one indentation.
struct Level {
  size_t columns = 0;
  size_t narrow_columns = 0;
  bool of_match = false;                      // holds cases only
  PythonClause last = PythonClause::kSimple;  // of the statement before
  bool else_of_try = false;                   // `last` is
  Broken last_at = {};                        // where that is
};

class BlockChecker {
 public:
  std::vector<Broken> Run(std::string_view text, bool goes_on) {
    PythonLexer lexer(text);
    for (PythonLine line; lexer.Next(&line);) Add(line);
    if (goes_on) return std::move(broken_);
    EndBlock(text.size());
    while (!levels_.empty()) CloseLevel();
    return std::move(broken_);
  }

 private:
  void Add(const PythonLine& line) {
    const PythonStatement statement = ReadPythonStatement(line);
    EndBlockUnlessDeeper(line);
    bool fits = Indent(line);
    fits &= Follows(statement.clause);
    fits &= statement.well_formed;
    Level& level = levels_.back();
    level.else_of_try = statement.clause == PythonClause::kElse &&
                        level.last == PythonClause::kExcept;
    level.last = statement.clause;
    level.last_at = {line.begin_ofs, line.end_ofs, line.open, false};
    if (!fits) broken_.push_back(level.last_at);
    wants_block_ = statement.wants_block;
    may_have_block_ = statement.may_have_block;
    block_is_match_ = statement.clause == PythonClause::kMatch;
  }

  // A header whose block is not there is broken up to where that should be.
  void EndBlock(size_t end_ofs) {
    if (!wants_block_) return;
    wants_block_ = false;
    Broken header = levels_.back().last_at;
    header.end_ofs = end_ofs;
    const bool known =
        !broken_.empty() && broken_.back().begin_ofs == header.begin_ofs;
    if (known) {
      broken_.back().end_ofs = end_ofs;
    } else {
      broken_.push_back(header);
    }
  }

  void EndBlockUnlessDeeper(const PythonLine& line) {
    if (!wants_block_ || levels_.empty()) return;
    if (line.columns > levels_.back().columns) return;
    EndBlock(line.begin_ofs);
  }

  // Goes to the line's level. False: there is none for it.
  bool Indent(const PythonLine& line) {
    const Level wanted{.columns = line.columns,
                       .narrow_columns = line.narrow_columns,
                       .of_match = block_is_match_};
    const bool may_be_deeper = wants_block_ || may_have_block_;
    if (levels_.empty() ||
        (may_be_deeper && line.columns > levels_.back().columns)) {
      const bool first = levels_.empty();
      const bool agrees =
          first || line.narrow_columns > levels_.back().narrow_columns;
      levels_.push_back(wanted);
      if (first) levels_.back().of_match = false;
      return agrees;
    }
    while (levels_.size() > 1 && line.columns < levels_.back().columns) {
      CloseLevel();
    }
    Level& level = levels_.back();
    if (line.columns < level.columns) {
      // Further out than where the text began: another one's lines.
      level.columns = line.columns;
      level.narrow_columns = line.narrow_columns;
      return true;
    }
    return line.columns == level.columns &&
           line.narrow_columns == level.narrow_columns;
  }

  void CloseLevel() {
    NoteIfUnfinished(levels_.back());
    levels_.pop_back();
  }

  // Notes what the level's last statement lacks, if nothing more of it comes.
  void NoteIfUnfinished(const Level& level) {
    const bool lacks = level.last == PythonClause::kTry ||
                       level.last == PythonClause::kDecorator;
    if (!lacks) return;
    broken_.push_back(level.last_at);
    broken_.back().lacks_more = true;
  }

  // Returns whether a clause can stand behind the one before.
  bool Follows(PythonClause clause) {
    const Level& level = levels_.back();
    const PythonClause last = level.last;
    switch (clause) {
      case PythonClause::kElif:
        return last == PythonClause::kIf || last == PythonClause::kElif;
      case PythonClause::kElse:
        return last == PythonClause::kIf || last == PythonClause::kElif ||
               last == PythonClause::kLoop || last == PythonClause::kExcept;
      case PythonClause::kExcept:
        return last == PythonClause::kTry || last == PythonClause::kExcept;
      case PythonClause::kFinally:
        return last == PythonClause::kTry || last == PythonClause::kExcept ||
               level.else_of_try;
      default:
        break;
    }
    if (last == PythonClause::kDecorator) {
      return clause == PythonClause::kDefinition ||
             clause == PythonClause::kDecorator;
    }
    NoteIfUnfinished(level);
    return level.of_match == (clause == PythonClause::kCase);
  }

  std::vector<Level> levels_;
  std::vector<Broken> broken_;
  bool wants_block_ = false;
  bool may_have_block_ = false;
  bool block_is_match_ = false;
};

}  // namespace

std::vector<Broken> FindBrokenPython(std::string_view text, bool goes_on) {
  return BlockChecker().Run(text, goes_on);
}

size_t PythonRegionEnd(std::string_view text, size_t ofs) {
  PythonLexer lexer(text);
  std::optional<size_t> columns;
  for (PythonLine line; lexer.Next(&line);) {
    if (!columns) columns = line.columns;
    if (line.begin_ofs <= ofs || line.columns > *columns) continue;
    switch (ReadPythonStatement(line).clause) {
      case PythonClause::kElif:
      case PythonClause::kElse:
      case PythonClause::kExcept:
      case PythonClause::kFinally:
        continue;
      default:
        return line.end_ofs;
    }
  }
  return text.size();
}

}  // namespace krait::grammars
