// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_REMOTE_GENERATOR_H_
#define KRAIT_TESTS_DAEMON_REMOTE_GENERATOR_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "daemon/completion/generator/generator.h"

namespace krait::daemon {

// The other end of a RemoteGenerator: says what the test wants, when it wants.
// Thread-safe.
class RemoteEnd {
 public:
  // To all generations that wait, or will.
  void Say(std::string piece) {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    Wake();
  }
  void End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    Wake();
  }
  // Blocks until so many rounds were run in vain and a wake was asked for.
  void WaitForSleeper() {
    std::unique_lock lock(mutex_);
    asleep_.wait(lock, [this] { return wake_ != nullptr; });
  }
  // How often somebody looked for something to do.
  std::atomic<int> rounds = 0;

 private:
  friend class RemoteGeneration;

  // With mutex_ held, as real ones do: what it calls must not come back here.
  void Wake() {
    if (auto wake = std::exchange(wake_, nullptr)) wake();
  }

  std::mutex mutex_;
  std::condition_variable asleep_;
  std::deque<std::string> pieces_;
  bool ended_ = false;
  std::function<void()> wake_;
};

class RemoteGeneration : public completion::RunningGeneration {
 public:
  RemoteGeneration(RemoteEnd& remote, completion::GeneratorRequest request,
                   std::stop_token stop)
      : remote_(remote),
        request_(std::move(request)),
        stop_(std::move(stop)),
        on_stop_(stop_, WakeOnStop{this}) {}
  ~RemoteGeneration() override {
    const std::lock_guard lock(remote_.mutex_);
    remote_.wake_ = nullptr;
  }

  bool ready() const override {
    const std::lock_guard lock(remote_.mutex_);
    return IsReady();
  }
  void WhenReady(std::function<void()> wake) override {
    {
      const std::lock_guard lock(remote_.mutex_);
      if (!IsReady()) {
        remote_.wake_ = std::move(wake);
        remote_.asleep_.notify_all();
        return;
      }
    }
    wake();
  }
  void StopIfAsked() override {
    if (outcome_ || !stop_.stop_requested()) return;
    outcome_ = base::MakeError(base::ErrorCode::kCancelled, "cancelled");
  }
  void TakeWhatIsThere() {
    if (StopIfAsked(); outcome_) return;
    while (const auto piece = Next()) {
      ++report_.tokens_generated;
      if (request_.on_piece({.bytes = *piece})) continue;
      report_.end = completion::GenerationEnd::kEnough;
      outcome_ = report_;
      return;
    }
    const std::lock_guard lock(remote_.mutex_);
    if (!remote_.ended_) return;
    report_.end = completion::GenerationEnd::kEndOfSequence;
    outcome_ = report_;
  }

 private:
  struct WakeOnStop {
    RemoteGeneration* generation;
    void operator()() const {
      const std::lock_guard lock(generation->remote_.mutex_);
      generation->remote_.Wake();
    }
  };

  bool IsReady() const {
    return outcome_ || stop_.stop_requested() || !remote_.pieces_.empty() ||
           remote_.ended_;
  }
  std::optional<std::string> Next() {
    const std::lock_guard lock(remote_.mutex_);
    if (remote_.pieces_.empty()) return std::nullopt;
    std::string piece = std::move(remote_.pieces_.front());
    remote_.pieces_.pop_front();
    return piece;
  }

  RemoteEnd& remote_;
  const completion::GeneratorRequest request_;
  const std::stop_token stop_;
  completion::GeneratorReport report_;
  const std::stop_callback<WakeOnStop> on_stop_;
};

// A generator whose answers come from another thread, one generation at a time.
class RemoteGenerator : public completion::Generator {
 public:
  explicit RemoteGenerator(std::shared_ptr<RemoteEnd> remote)
      : remote_(std::move(remote)) {}

  size_t context_length() const override { return 0; }
  size_t CountTokens(std::string_view text) const override {
    return text.size();
  }
  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override {
    return std::make_unique<RemoteGeneration>(*remote_, std::move(request),
                                              std::move(stop));
  }
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override {
    ++remote_->rounds;
    for (completion::RunningGeneration* const generation : generations) {
      static_cast<RemoteGeneration*>(generation)->TakeWhatIsThere();
    }
  }
  base::Status Warm(const completion::GeneratorPrompt& /*prompt*/,
                    std::stop_token /*stop*/) override {
    return {};
  }

 private:
  const std::shared_ptr<RemoteEnd> remote_;
};

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_REMOTE_GENERATOR_H_
