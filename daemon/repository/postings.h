// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_POSTINGS_H_
#define KRAIT_DAEMON_REPOSITORY_POSTINGS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/repository/sqlite.h"

namespace krait::repository {

// Which chunks have a term, and where in them. The index knows of a chunk only
// which words it has, so that where a term stands is a word of its own: the
// term with a mark behind it, which no term has in it.
enum class TermMark : char {
  kNone = '\0',  // in the chunk's text
  kName = 'n',   // in the name of its declaration, or of what is around that
  kPath = 'p',   // in the path of its file
  kWhole = 'w',  // the whole name of its declaration, if that is one word
  kOften = 'o',  // kOften times in its text, or more
};

// Returns the word for a term at such a place.
std::string MarkedTerm(std::string_view term, TermMark mark);

// Reads them from an index, which outlives it. Thread-compatible.
class Postings {
 public:
  static base::Result<Postings> Open(Database* database);

  // In how many chunks the term has that mark; those that are gone and still in
  // the table of terms count, too. Costs some ten nanoseconds each.
  base::Result<int64_t> Count(std::string_view term, TermMark mark);
  // Same, but no more than `most`, of which each costs a tenth of a microsecond
  // or two: the most frequent terms are in half of the chunks.
  base::Result<int64_t> CountUpTo(int64_t most, std::string_view term,
                                  TermMark mark);
  // Calls `on_chunk` with the number of each of them, ascending. A tenth of a
  // microsecond each or two.
  base::Status ForEach(std::string_view term, TermMark mark,
                       const std::function<void(int64_t number)>& on_chunk);

 private:
  Postings(Statement count, Statement chunks)
      : count_(std::move(count)), chunks_(std::move(chunks)) {}

  Statement count_;
  Statement chunks_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_POSTINGS_H_
