// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_LSP_RECORDING_OUTBOX_H_
#define KRAIT_TESTS_LSP_RECORDING_OUTBOX_H_

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lsp/outbox.h"

namespace krait::lsp {

// Keeps what was sent.
class RecordingOutbox : public Outbox {
 public:
  void Send(std::string message) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back(std::move(message));
  }

  // Returns the messages since the last call.
  std::vector<std::string> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(sent_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> sent_;
};

}  // namespace krait::lsp

#endif  // KRAIT_TESTS_LSP_RECORDING_OUTBOX_H_
