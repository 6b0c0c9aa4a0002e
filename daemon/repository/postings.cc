// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/postings.h"

#include <fmt/format.h>

#include <utility>

namespace krait::repository {
namespace {

// A term has no quotes in it.
std::string MatchOf(std::string_view term, TermMark mark) {
  return fmt::format("\"{}\"", MarkedTerm(term, mark));
}

}  // namespace

std::string MarkedTerm(std::string_view term, TermMark mark) {
  std::string marked(term);
  if (mark != TermMark::kNone) {
    marked += '_';
    marked += static_cast<char>(mark);
  }
  return marked;
}

base::Result<Postings> Postings::Open(Database* database) {
  auto count = database->Prepare("SELECT doc FROM term_row WHERE term = ?");
  if (!count) return count.error();
  auto chunks = database->Prepare("SELECT rowid FROM term WHERE term MATCH ?");
  if (!chunks) return chunks.error();
  return Postings(std::move(*count), std::move(*chunks));
}

base::Result<int64_t> Postings::Count(std::string_view term, TermMark mark) {
  const std::string marked = MarkedTerm(term, mark);
  const auto row = count_.Bind(1, marked).Step();
  if (!row) return row.error();
  const int64_t chunks = *row ? count_.Integer(0) : 0;
  count_.Reset();
  return chunks;
}

base::Result<int64_t> Postings::CountUpTo(int64_t most, std::string_view term,
                                          TermMark mark) {
  const std::string match = MatchOf(term, mark);
  chunks_.Bind(1, match);
  for (int64_t chunks = 0; chunks < most; ++chunks) {
    const auto row = chunks_.Step();
    if (!row) return row.error();
    if (!*row) return chunks;
  }
  chunks_.Reset();
  return most;
}

base::Status Postings::ForEach(
    std::string_view term, TermMark mark,
    const std::function<void(int64_t number)>& on_chunk) {
  const std::string match = MatchOf(term, mark);
  chunks_.Bind(1, match);
  for (;;) {
    const auto row = chunks_.Step();
    if (!row) return row.error();
    if (!*row) return {};
    on_chunk(chunks_.Integer(0));
  }
}

}  // namespace krait::repository
