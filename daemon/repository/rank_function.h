// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_RANK_FUNCTION_H_
#define KRAIT_DAEMON_REPOSITORY_RANK_FUNCTION_H_

struct sqlite3;

namespace krait::repository {

// Makes `krait_rank(TABLE, weight, ...)` known to a connection: how well a row
// of the index's full-text table fits the terms of a MATCH, of which each has
// its weight, in their order. It is BM25 over the columns that a term is in
// (each counts so much as if the term were there so often), which is all that a
// table without text and positions knows; SQLite's own bm25() wants to read the
// text again. Returns whether that was possible.
bool AddRankFunction(sqlite3* database);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_RANK_FUNCTION_H_
