// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/syntax_thread.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

namespace krait::daemon {
namespace {

// Whoever types on has done so by then.
constexpr std::chrono::milliseconds kQuiet{300};
// Others make room meanwhile.
constexpr std::chrono::milliseconds kPauseWithoutMemory{10};

// The library ends the process where the system refuses memory (ulimit -v), so
// it is asked before.
bool HasRoomFor(size_t bytes) {
  if (bytes == 0) return true;
  void* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) return false;
  munmap(pages, bytes);
  return true;
}

}  // namespace

void SyntaxThread::Post(ParseJob job) {
  std::shared_ptr<completion::SyntaxSlot> skipped;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::ranges::find(jobs_, job.uri, &ParseJob::uri);
    if (waiting == jobs_.end()) {
      jobs_.push_back(std::move(job));
    } else {
      skipped = std::exchange(*waiting, std::move(job)).slot;
    }
    refresh_stop_.request_stop();
    quiet_ = false;
  }
  // Whoever still waits for that version need not.
  if (skipped != nullptr) skipped->Skip();
  changed_.notify_one();
}

void SyntaxThread::Drop(const std::string& uri,
                        const std::shared_ptr<Parsing>& parsing) {
  {
    const std::lock_guard lock(mutex_);
    parsing->dropped = true;
    const auto refresh = refreshes_.find(uri);
    if (refresh != refreshes_.end() && refresh->second.parsing == parsing) {
      refreshes_.erase(refresh);
    }
    trim_ = true;
  }
  changed_.notify_one();
}

void SyntaxThread::Stop() {
  std::deque<ParseJob> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_.request_stop();
    refresh_stop_.request_stop();
    dropped.swap(jobs_);
    refreshes_.clear();
  }
  changed_.notify_one();
  for (const ParseJob& job : dropped) job.slot->Skip();
}

size_t SyntaxThread::num_refreshes() const {
  const std::lock_guard lock(mutex_);
  return refreshes_.size();
}

void SyntaxThread::NextTurn(Turn* turn) {
  std::unique_lock lock(mutex_);
  const auto is_due = [this] {
    return stopping_.stop_requested() || !jobs_.empty();
  };
  while (!is_due() && !(quiet_ && (trim_ || !refreshes_.empty()))) {
    if (trim_ || !refreshes_.empty()) {
      quiet_ = !changed_.wait_for(lock, kQuiet, is_due);
    } else {
      changed_.wait(lock);
    }
  }
  turn->stopping = stopping_.stop_requested();
  if (turn->stopping) return;
  refresh_stop_ = std::stop_source();
  turn->refresh_stop = refresh_stop_.get_token();
  if (!jobs_.empty()) {
    turn->job = std::move(jobs_.front());
    jobs_.pop_front();
  } else if (!refreshes_.empty()) {
    const auto next = refreshes_.begin();
    turn->refresh_uri = next->first;
    turn->refresh = std::move(next->second);
    refreshes_.erase(next);
  } else {
    turn->trim = std::exchange(trim_, false);
  }
}

void SyntaxThread::Run() {
  for (;;) {
    // Ends before the next one begins to wait, so that nothing is kept then.
    Turn turn;
    try {
      NextTurn(&turn);
      if (turn.stopping) return;
      Do(turn);
    } catch (const std::bad_alloc&) {
      if (turn.job) turn.job->slot->Skip();
      std::this_thread::sleep_for(kPauseWithoutMemory);
    }
  }
}

void SyntaxThread::Do(const Turn& turn) {
  if (turn.job) {
    Parse(*turn.job);
  } else if (turn.refresh) {
    RunRefresh(turn);
  } else if (turn.trim) {
    // The heap keeps what was freed in small pieces, as nodes are.
    malloc_trim(0);
  }
}

void SyntaxThread::Parse(const ParseJob& job) {
  if (on_parse_) on_parse_();
  // Nothing but the lines would be looked at.
  if (job.document->text.size() > kSyntaxLimits.max_bytes) {
    return job.slot->Set(nullptr);
  }
  if (!HasRoomFor(job.document->text.size() * kTreeBytesPerByte)) {
    return job.slot->Skip();
  }
  // The text's bytes as they are, so that offsets mean the same.
  const auto text =
      std::make_shared<const std::string>(job.document->text.ToString());
  auto tree =
      job.parsing->parser.ParseNear(text, job.near_ofs, stopping_.get_token());
  if (stopping_.stop_requested()) return job.slot->Skip();
  // The first question compiles the language's queries, some 100 ms: here, so
  // that no completion waits for that.
  if (!std::exchange(job.parsing->warmed, true)) (void)tree->ContextAt(0);
  job.slot->Set(std::move(tree));
  const std::lock_guard lock(mutex_);
  if (!job.parsing->dropped) {
    refreshes_.insert_or_assign(job.uri, Refresh{text, job.parsing});
  }
}

void SyntaxThread::RunRefresh(const Turn& turn) {
  (void)turn.refresh->parsing->parser.Refresh(turn.refresh->text,
                                              turn.refresh_stop);
  if (!turn.refresh_stop.stop_requested()) return;
  // One that gave way has its turn later.
  const std::lock_guard lock(mutex_);
  if (!turn.refresh->parsing->dropped) {
    refreshes_.try_emplace(turn.refresh_uri, *turn.refresh);
  }
}

}  // namespace krait::daemon
