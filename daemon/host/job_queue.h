// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_JOB_QUEUE_H_
#define KRAIT_DAEMON_HOST_JOB_QUEUE_H_

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/completion/completion_service.h"

namespace krait::daemon {

// A document of one editor.
struct DocumentKey {
  uint64_t session = 0;
  std::string uri;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a 0 in it
  auto operator<=>(const DocumentKey&) const = default;
};

// A completion that someone waits for.
struct CompletionJob {
  using OnDone =
      std::function<void(const base::Result<completion::Completion>&)>;

  DocumentKey document;
  completion::CompletionRequest request;
  completion::CompletionOptions options;
  std::stop_token stop;
  OnDone on_done;
  completion::Clock::time_point queued = completion::Clock::now();
  // It waits until then for a newer one that replaces it.
  completion::Clock::time_point not_before = {};
  bool again = false;  // memory ran short the first time
};

// A place in a document whose state is to be made ready while nobody waits.
struct WarmingJob {
  DocumentKey document;
  completion::CompletionRequest request;
  completion::CompletionOptions options;
  completion::Clock::time_point not_before = {};
  // When to generate the completion there, too; nothing: never.
  std::optional<completion::Clock::time_point> prefetch_at = {};
  uint64_t order = 0;  // set by the queue: when it was added
};

// In what order a model's work is done.
//
// Completions come before all warming. One whose syntax tree is still being
// made waits for that, so that the answer does not depend on how busy the
// machine is; but no longer than kMostTreeWait. Among documents they take
// turns: the one that was served longest ago is next, so that an editor that
// asks without pause cannot starve another. Of one document the latest request
// is first, as it has replaced the others.
//
// A document has one warming job, the newest: where the cursor was before is
// of no use. The document that was touched last comes first.
//
// Thread-compatible.
class JobQueue {
 public:
  // Most trees are there within a few milliseconds; that of a long file which
  // was just opened may take a second.
  static constexpr std::chrono::milliseconds kMostTreeWait{250};

  void Add(CompletionJob job);
  void Add(WarmingJob job);
  // Puts a job back that was begun and stopped for others, in its old place,
  // unless its document has a newer one.
  void Return(WarmingJob job);

  // Nothing if none is there, or none whose time has come by `now`.
  std::optional<CompletionJob> NextCompletion(
      completion::Clock::time_point now);
  // Nothing while a completion waits, or if the time of none has come.
  std::optional<WarmingJob> NextWarming(completion::Clock::time_point now);
  // Returns when there may be something to do: at once (a time in the past), or
  // when a job's time comes or its tree is to be looked for again; nothing if
  // the queue is empty.
  std::optional<completion::Clock::time_point> ReadyAt() const;

  // Forgets warming and turns; waiting completions stay, to be answered.
  void Drop(const DocumentKey& document);
  void DropSession(uint64_t session);

  // The document may not be read any more: nothing of its session is reminded
  // of it.
  void Forbid(const DocumentKey& document);

  size_t num_completions() const { return completions_.size(); }
  size_t num_warmings() const { return warmings_.size(); }

 private:
  uint64_t LastServed(const DocumentKey& document) const;

  std::deque<CompletionJob> completions_;  // oldest first
  std::map<DocumentKey, WarmingJob> warmings_;
  std::map<DocumentKey, uint64_t> served_;  // turn of each document
  uint64_t next_turn_ = 1;
  uint64_t next_order_ = 1;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_JOB_QUEUE_H_
