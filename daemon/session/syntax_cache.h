// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SYNTAX_CACHE_H_
#define KRAIT_DAEMON_SESSION_SYNTAX_CACHE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "base/memory_budget.h"
#include "daemon/completion/shown/syntax.h"
#include "lsp/document_store.h"

namespace krait::daemon {

class SyntaxThread;
struct Parsing;

// The syntax trees of open documents, made on a thread of its own: opening a
// long file takes up to a second, and the first file of a language the time to
// compile its queries.
//
// After a keystroke only what is near is parsed, so that the model, which wants
// the processor at the same time, is not held up longer in a longer file. The
// whole is parsed again once nothing has happened for a moment, and gives way
// when something does.
//
// Versions that come while another is being parsed are skipped but for the
// newest. Trees take some thirty times the memory of the text, so only those of
// the documents that were used last are kept, as many as the memory that all
// share allows (and always one); another's is made again when it is asked for.
// Those of a closed document are dropped at once, and what that frees is given
// back to the system.
//
// All calls on one thread, which never waits for a parse; the slots are
// thread-safe.
class SyntaxCache {
 public:
  static constexpr size_t kMaxDocuments = 32;

  // Brings a call to the cache's owner, whose thread calls it.
  using PostToOwner = std::function<void(std::function<void()>)>;

  // Without others to share memory with.
  SyntaxCache();
  // Without `post` the others' wishes are noticed when a document changes.
  // `on_parse`, if there is one, is called on the cache's thread before each
  // parse.
  explicit SyntaxCache(std::shared_ptr<base::MemoryBudget> budget,
                       const PostToOwner& post = {},
                       std::function<void()> on_parse = {});
  // Stops a parse that is running, without waiting for it, and all slots
  // that have no tree are skipped.
  ~SyntaxCache();
  SyntaxCache(const SyntaxCache&) = delete;
  SyntaxCache& operator=(const SyntaxCache&) = delete;

  // A document was opened, or changed where the last edit ends.
  void Update(const lsp::DocumentSnapshot& document);
  void Update(const lsp::DocumentChange& change);
  void Close(const std::string& uri);

  // Returns where a tree of this very state of a document is put, or is
  // already, that knows what is around `cursor_ofs`.
  completion::RequestSyntax At(const lsp::DocumentSnapshot& document,
                               size_t cursor_ofs);

  // What the trees that are kept are taken to need, and how many documents'
  // texts wait to be parsed whole.
  size_t held_bytes() const { return held_bytes_; }
  size_t num_documents() const { return entries_.size(); }
  size_t num_refreshes() const;

 private:
  struct Entry {
    lsp::DocumentSnapshot document;
    const grammars::Language* language = nullptr;
    size_t near_ofs = 0;  // what the slot's tree is sure to know
    std::shared_ptr<completion::SyntaxSlot> slot;
    std::shared_ptr<Parsing> parsing;
    uint64_t last_use = 0;
    std::chrono::steady_clock::time_point used_at = {};
    size_t bytes = 0;  // that its trees are taken to need
  };
  using Entries = std::unordered_map<std::string, Entry>;  // by URI

  Entry& EntryFor(const lsp::DocumentSnapshot& document, size_t near_ofs);
  Entries::iterator Oldest();
  // Drops what was used longest ago while there is too much, but for one.
  void MakeRoom();
  void Drop(Entries::iterator entry);

  Entries entries_;
  uint64_t next_use_ = 1;
  size_t held_bytes_ = 0;
  const std::shared_ptr<SyntaxThread> work_;  // the thread's, too
  const std::shared_ptr<std::atomic<bool>> ended_;
  std::thread thread_;
  // Held weakly by what was posted.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  base::MemoryBudget::Account account_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SYNTAX_CACHE_H_
