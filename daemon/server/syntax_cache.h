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
#include <string>
#include <thread>
#include <unordered_map>

#include "daemon/completion/syntax.h"
#include "grammars/parser.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// The syntax trees of open documents, made on a thread of its own: parsing a
// keystroke takes some milliseconds, but opening a long file up to a second,
// and the first file of a language the time to compile its queries.
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

  // A document was opened or changed.
  void Update(const lsp::DocumentSnapshot& document);
  void Close(const std::string& uri);

  // Returns where the tree of this very state of a document is put, or is
  // already, for a completion at `cursor_ofs`.
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
  struct Entry {
    lsp::DocumentSnapshot document;
    const grammars::Language* language = nullptr;
    std::shared_ptr<SyntaxSlot> slot;
    std::shared_ptr<Parsing> parsing;
    uint64_t last_use = 0;
  };
  struct Job {
    std::string uri;
    lsp::DocumentSnapshot document;
    std::shared_ptr<SyntaxSlot> slot;
    std::shared_ptr<Parsing> parsing;
  };

  Entry& EntryFor(const lsp::DocumentSnapshot& document);
  void DropOldest();
  void Post(Job job);
  void Loop();
  static void Run(const Job& job);

  std::unordered_map<std::string, Entry> entries_;  // by URI; owner's thread
  uint64_t next_use_ = 1;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_; at most one of a document
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses all of the above
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_SYNTAX_CACHE_H_
