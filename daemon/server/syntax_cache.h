// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_SYNTAX_CACHE_H_
#define KRAIT_DAEMON_SERVER_SYNTAX_CACHE_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>

#include "daemon/completion/syntax.h"
#include "grammars/parser.h"
#include "lsp/document_store.h"

namespace krait::daemon {

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
// newest. Trees take some ten times the memory of the text, so only those of
// the documents that were used last are kept; another's is made again when it
// is asked for.
//
// All calls on one thread; the slots are thread-safe.
class SyntaxCache {
 public:
  static constexpr size_t kMaxDocuments = 32;

  SyntaxCache();
  // Waits for a parse that is running; sets the slots of others to null.
  ~SyntaxCache();
  SyntaxCache(const SyntaxCache&) = delete;
  SyntaxCache& operator=(const SyntaxCache&) = delete;

  // A document was opened, or changed where the last edit ends.
  void Update(const lsp::DocumentSnapshot& document);
  void Update(const lsp::DocumentChange& change);
  void Close(const std::string& uri);

  // Returns where a tree of this very state of a document is put, or is
  // already, that knows what is around `cursor_ofs`.
  RequestSyntax At(const lsp::DocumentSnapshot& document, size_t cursor_ofs);

 private:
  // Enough for a first parse of 100,000 lines; an end may have to wait for it.
  static constexpr grammars::ParserLimits kLimits = {
      .timeout = std::chrono::seconds(2)};

  // What the thread keeps of a document.
  struct Parsing {
    explicit Parsing(const grammars::Language* language)
        : parser(language, kLimits) {}
    grammars::Parser parser;
    bool warmed = false;  // the queries of the language have been used
  };
  using Text = std::shared_ptr<const std::string>;
  struct Entry {
    lsp::DocumentSnapshot document;
    const grammars::Language* language = nullptr;
    size_t near_ofs = 0;  // what the slot's tree is sure to know
    std::shared_ptr<SyntaxSlot> slot;
    std::shared_ptr<Parsing> parsing;
    uint64_t last_use = 0;
  };
  struct Job {
    std::string uri;
    lsp::DocumentSnapshot document;
    size_t near_ofs = 0;
    std::shared_ptr<SyntaxSlot> slot;
    std::shared_ptr<Parsing> parsing;
  };
  // A text that was parsed in part.
  struct Refresh {
    Text text;
    std::shared_ptr<Parsing> parsing;
  };
  using Refreshes = std::unordered_map<std::string, Refresh>;  // by URI

  // What the thread does next: end, or a job, or else a refresh.
  struct Turn {
    bool stopping = false;
    std::optional<Job> job;
    std::stop_token refresh_stop;
  };

  Entry& EntryFor(const lsp::DocumentSnapshot& document, size_t near_ofs);
  void DropOldest();
  void Post(Job job);
  void Loop();
  // Waits for a job, or until there is time for a refresh.
  Turn NextTurn(bool has_refreshes);
  static void Run(const Job& job, Refreshes* refreshes);

  std::unordered_map<std::string, Entry> entries_;  // by URI; owner's thread
  uint64_t next_use_ = 1;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_; at most one of a document
  bool stopping_ = false;  // guarded by mutex_
  std::stop_source refresh_stop_;  // guarded by mutex_
  std::thread thread_;             // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_SYNTAX_CACHE_H_
