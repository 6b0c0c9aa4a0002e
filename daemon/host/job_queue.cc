// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/job_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace krait::daemon {
namespace {

// How often a tree that is being made is looked for.
constexpr std::chrono::milliseconds kTreeLook{1};

// Until when the job waits for its tree, if that is not there yet.
completion::Clock::time_point TreeWaitEnd(const CompletionJob& job) {
  return std::max(job.queued, job.not_before) + JobQueue::kMostTreeWait;
}

bool WaitsForTree(const CompletionJob& job, completion::Clock::time_point now) {
  const auto& slot = job.request.syntax.slot;
  return slot != nullptr && now < TreeWaitEnd(job) && !slot->IsSettled();
}

}  // namespace

void JobQueue::Add(CompletionJob job) {
  completions_.push_back(std::move(job));
}

void JobQueue::Add(WarmingJob job) {
  job.order = next_order_++;
  DocumentKey document = job.document;
  warmings_.insert_or_assign(std::move(document), std::move(job));
}

void JobQueue::Return(WarmingJob job) {
  warmings_.insert({job.document, std::move(job)});
}

uint64_t JobQueue::LastServed(const DocumentKey& document) const {
  const auto found = served_.find(document);
  return found == served_.end() ? 0 : found->second;
}

std::optional<CompletionJob> JobQueue::NextCompletion(
    completion::Clock::time_point now) {
  auto next = completions_.rend();
  // From the back: of equals the latest is found first.
  for (auto job = completions_.rbegin(); job != completions_.rend(); ++job) {
    const bool waits = job->not_before > now || WaitsForTree(*job, now);
    if (waits && !job->stop.stop_requested()) continue;
    if (next == completions_.rend() ||
        LastServed(job->document) < LastServed(next->document)) {
      next = job;
    }
  }
  if (next == completions_.rend()) return std::nullopt;
  served_[next->document] = next_turn_++;
  CompletionJob job = std::move(*next);
  completions_.erase(std::prev(next.base()));
  return job;
}

std::optional<completion::Clock::time_point> JobQueue::ReadyAt() const {
  std::optional<completion::Clock::time_point> first;
  const auto consider = [&first](completion::Clock::time_point time) {
    if (!first || time < *first) first = time;
  };
  const auto now = completion::Clock::now();
  for (const CompletionJob& job : completions_) {
    const bool waits = job.not_before <= now && WaitsForTree(job, now);
    consider(waits ? now + kTreeLook : job.not_before);
  }
  if (first) return first;
  for (const auto& [document, job] : warmings_) consider(job.not_before);
  return first;
}

std::optional<WarmingJob> JobQueue::NextWarming(
    completion::Clock::time_point now) {
  if (!completions_.empty()) return std::nullopt;
  auto newest = warmings_.end();
  for (auto job = warmings_.begin(); job != warmings_.end(); ++job) {
    if (job->second.not_before > now) continue;
    if (newest == warmings_.end() || newest->second.order < job->second.order) {
      newest = job;
    }
  }
  if (newest == warmings_.end()) return std::nullopt;
  WarmingJob job = std::move(newest->second);
  warmings_.erase(newest);
  return job;
}

void JobQueue::Drop(const DocumentKey& document) {
  warmings_.erase(document);
  served_.erase(document);
}

void JobQueue::Forbid(const DocumentKey& document) {
  Drop(document);
  const auto strip = [&document](auto& job) {
    if (job.document.session != document.session) return;
    std::erase_if(job.request.others,
                  [&document](const completion::NearbyText& other) {
                    return other.name == document.uri;
                  });
  };
  for (CompletionJob& job : completions_) strip(job);
  for (auto& [key, job] : warmings_) strip(job);
}

void JobQueue::DropSession(uint64_t session) {
  const auto of_session = [session](const auto& entry) {
    return entry.first.session == session;
  };
  std::erase_if(warmings_, of_session);
  std::erase_if(served_, of_session);
}

}  // namespace krait::daemon
