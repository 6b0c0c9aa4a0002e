// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_SYNTAX_THREAD_H_
#define KRAIT_DAEMON_SESSION_SYNTAX_THREAD_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "daemon/completion/shown/syntax.h"
#include "grammars/parser.h"
#include "lsp/document_store.h"

namespace krait::daemon {

// Enough for a first parse of 100,000 lines.
inline constexpr grammars::ParserLimits kSyntaxLimits = {
    .timeout = std::chrono::seconds(2)};

// What trees are taken to need for each byte of their text; measured: 10 to 30.
inline constexpr size_t kTreeBytesPerByte = 30;

// What is kept of a document from one parse to the next.
struct Parsing {
  explicit Parsing(const grammars::Language* language)
      : parser(language, kSyntaxLimits) {}
  grammars::Parser parser;  // of the thread
  bool warmed = false;      // the queries of the language have been used
  bool dropped = false;     // nobody wants a refresh; guarded by the mutex
};

// A version of a document to be parsed.
struct ParseJob {
  std::string uri;
  lsp::DocumentSnapshot document;
  size_t near_ofs = 0;
  std::shared_ptr<completion::SyntaxSlot> slot;
  std::shared_ptr<Parsing> parsing;
};

// The work of a SyntaxCache's thread, shared by both: the thread may outlive
// the cache for as long as a parse takes to notice that it was stopped.
class SyntaxThread {
 public:
  explicit SyntaxThread(std::function<void()> on_parse)
      : on_parse_(std::move(on_parse)) {}

  // Replaces a job of the document that waits.
  void Post(ParseJob job);
  // The document's trees are no longer wanted; a job that waits is done still.
  void Drop(const std::string& uri, const std::shared_ptr<Parsing>& parsing);
  void Stop();
  size_t num_refreshes() const;

  // The thread's function. Returns once stopped.
  void Run();

 private:
  // A text that was parsed in part.
  struct Refresh {
    std::shared_ptr<const std::string> text;
    std::shared_ptr<Parsing> parsing;
  };
  // What is next: a job, or else a refresh, or else to give memory back; or
  // nothing: it is stopped.
  struct Turn {
    std::optional<ParseJob> job;
    std::optional<Refresh> refresh;
    std::string refresh_uri;
    std::stop_token refresh_stop;
    bool trim = false;
    bool stopping = false;
  };

  // Waits for it.
  void NextTurn(Turn* turn);
  void Do(const Turn& turn);
  void Parse(const ParseJob& job);
  void RunRefresh(const Turn& turn);

  const std::function<void()> on_parse_;
  std::stop_source stopping_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // The rest is guarded by mutex_.
  std::deque<ParseJob> jobs_;  // at most one of a document
  std::unordered_map<std::string, Refresh> refreshes_;  // by URI
  std::stop_source refresh_stop_;
  bool trim_ = false;   // something was dropped
  bool quiet_ = false;  // nothing has happened for a moment
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_SYNTAX_THREAD_H_
