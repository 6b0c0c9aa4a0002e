// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_QUERY_H_
#define KRAIT_GRAMMARS_TREE_SITTER_QUERY_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammars/syntax_types.h"
#include "grammars/tree_sitter/handles.h"

namespace krait::grammars {

// What the capture names of grammars/queries mean; bits, to be joined.
enum Role : uint16_t {
  kNoRole = 0,
  kBlock = 1 << 0,       // @block: holds statements
  kContainer = 1 << 1,   // @container: holds declarations
  kExpression = 1 << 2,  // @expression: brackets around expressions
  kString = 1 << 3,
  kComment = 1 << 4,
  kCode = 1 << 5,        // @code: within a string
  kDefinition = 1 << 6,  // @definition.<kind>
  kName = 1 << 7,        // @name of a definition
  kBody = 1 << 8,        // @body: what is no part of its signature
  kImport = 1 << 9,
  kModuleName = 1 << 10,  // @module of an import
  kScope = 1 << 11,       // @scope: what a definition elsewhere belongs to
};

struct Capture {
  Role role = kNoRole;
  SymbolKind kind = SymbolKind::kSection;  // of a definition
  TSNode node = {};
};

struct Match {
  size_t pattern = 0;  // place in the query file; the first one that fits wins
  std::vector<Capture> captures;

  // Returns the first capture of the role, or null.
  const Capture* Find(Role role) const;
};

struct ByteRange {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
};

// How much queries may do, all together. A step is a hundred of the library's,
// which take some 30 microseconds: work is counted and not timed, so that the
// same text gets the same answer on a busy machine.
class QueryBudget {
 public:
  explicit QueryBudget(size_t steps) : steps_left_(steps) {}

  // Returns whether there was so much left. If not, nothing is from then on.
  bool Spend(size_t steps);
  bool spent() const { return steps_left_ == 0; }
  size_t steps_left() const { return steps_left_; }

 private:
  size_t steps_left_;
};

// A compiled query file. Knows the predicate (#any-of? @capture "a" "b").
// Immutable and thread-safe.
class Query {
 public:
  // An empty `source` matches nothing. Afterwards `error` is empty, or says
  // where the source is wrong; the query then matches nothing, too.
  Query(const TSLanguage* language, std::string_view source,
        std::string* error);

  using Visit = std::function<void(const Match&)>;

  // Calls `visit` for all matches in the tree of `text` under `root`, in the
  // order of the text. False: the budget did not suffice, and the last ones are
  // missing.
  bool Run(TSNode root, std::string_view text, QueryBudget* budget,
           const Visit& visit) const;

  // Same for the matches of patterns that begin at one of `nodes` and touch
  // `range`. What is beside these nodes costs nothing, however much it is,
  // unless a pattern goes deeper than its first node.
  bool RunAt(std::span<const TSNode> nodes, std::string_view text,
             ByteRange range, QueryBudget* budget, const Visit& visit) const;

 private:
  class Cursor;
  struct CaptureMeaning {
    Role role = kNoRole;
    SymbolKind kind = SymbolKind::kSection;
  };
  struct AnyOf {
    size_t pattern = 0;
    uint32_t capture_idx = 0;
    std::vector<std::string> values;
  };

  void ReadCaptureNames();
  void ReadPredicates(uint32_t pattern);
  bool Accepts(const TSQueryMatch& match, std::string_view text) const;
  Match Translate(const TSQueryMatch& found) const;

  QueryHandle query_;                     // null: matches nothing
  std::vector<CaptureMeaning> meanings_;  // by capture index
  std::vector<AnyOf> predicates_;
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_QUERY_H_
