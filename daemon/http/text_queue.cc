// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/text_queue.h"

#include <utility>

namespace krait::daemon {

TextQueue::TextQueue(CompletionHost& host, const TextQueueLimits& limits)
    : host_(host), limits_(limits), session_(host.NewSession()) {}

void TextQueue::Add(TextJob job, std::string name) {
  job.document = {.session = session_, .uri = std::move(name)};
  waiting_.push_back(std::move(job));
  BeginNext();
}

void TextQueue::BeginNext() {
  while (!waiting_.empty()) {
    TextJob& next = waiting_.front();
    const size_t choices = next.request.choices;
    const bool wanted = !next.stop.stop_requested();
    const bool has_room =
        running_ < limits_.running &&
        (running_ == 0 || choices_ + choices <= limits_.choices);
    if (wanted && !has_room) return;
    TextJob job = std::move(next);
    waiting_.pop_front();
    if (!wanted) {
      job.on_done(base::MakeError(base::ErrorCode::kCancelled,
                                  "the request was cancelled"));
      continue;
    }
    ++running_;
    choices_ += choices;
    job.on_done = [this, choices, alive = std::weak_ptr<bool>(alive_),
                   on_done = std::move(job.on_done)](const auto& answer) {
      if (!alive.expired()) {
        --running_;
        choices_ -= choices;
      }
      on_done(answer);
      if (!alive.expired()) BeginNext();
    };
    host_.Generate(std::move(job));
  }
}

}  // namespace krait::daemon
