// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_TEXT_QUEUE_H_
#define KRAIT_DAEMON_HTTP_TEXT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/host/completion_host.h"
#include "daemon/host/text_task.h"

namespace krait::daemon {

struct TextQueueLimits {
  // Tasks of the model at once, fewer than it takes, so that an editor's finds
  // a place at once; and their choices together.
  size_t running = 4;
  size_t choices = 16;
  size_t waiting = 256;
};

// Lets requests for text wait for the model, in the order in which they came.
// On the io thread only.
class TextQueue {
 public:
  // `host` must outlive it.
  TextQueue(CompletionHost& host, const TextQueueLimits& limits);

  bool is_full() const { return waiting_.size() >= limits_.waiting; }
  size_t waiting() const { return waiting_.size(); }
  size_t running() const { return running_; }

  // The job's document is `name` of those that no editor has.
  void Add(TextJob job, std::string name);

 private:
  void BeginNext();

  CompletionHost& host_;
  const TextQueueLimits limits_;
  const uint64_t session_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::deque<TextJob> waiting_;
  size_t running_ = 0;
  size_t choices_ = 0;  // of those that run
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_TEXT_QUEUE_H_
