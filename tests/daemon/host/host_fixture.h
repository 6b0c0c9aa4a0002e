// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_HOST_HOST_FIXTURE_H_
#define KRAIT_TESTS_DAEMON_HOST_HOST_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/host/completion_host.h"
#include "tests/daemon/fake_generator.h"
#include "tests/daemon/load_fake.h"
#include "tests/daemon/session/owner_calls.h"

namespace krait::daemon {

// What the model did, from the host's thread.
class Events {
 public:
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  std::vector<std::string> All() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

class CompletionHostTest : public testing::Test {
 protected:
  // The host begins to work once `go` was counted down.
  void Start(
      std::unique_ptr<FakeGenerator> generator,
      completion::Clock::duration save_when_idle_for = std::chrono::hours(1)) {
    host_ = std::make_unique<CompletionHost>(
        LoadFake(std::move(generator), [this] { go_.wait(); }), calls_.Poster(),
        save_when_idle_for);
  }
  void Go() {
    go_.count_down();
    calls_.RunOne();  // loaded
  }

  void Complete(const std::string& uri, const std::string& before) {
    Complete(uri, before, stop_.get_token());
  }
  void Complete(const std::string& uri, const std::string& before,
                std::stop_token stop) {
    host_->Complete(Job(uri, before, std::move(stop)));
  }
  // The same, with its tokens as they come.
  void Stream(const std::string& uri, const std::string& before) {
    CompletionJob job = Job(uri, before, stop_.get_token());
    job.on_tokens = [this](std::string_view bytes) {
      tokens_.emplace_back(bytes);
    };
    host_->Complete(std::move(job));
  }
  CompletionJob Job(const std::string& uri, const std::string& before,
                    std::stop_token stop) {
    return {.document = {1, uri},
            .request = {.path = "", .before = before, .after = ""},
            .options = {},
            .stop = std::move(stop),
            .on_done = [this, before](const auto& completion) {
              done_.push_back(
                  before + "|" +
                  (completion ? completion->text : completion.error().message));
            }};
  }
  void Warm(const std::string& uri, const std::string& before) {
    host_->Warm({.document = {1, uri},
                 .request = {.path = "", .before = before, .after = ""},
                 .options = {}});
  }

  std::latch go_{1};
  OwnerCalls calls_;
  std::stop_source stop_;
  Events events_;
  std::vector<std::string> done_;
  std::vector<std::string> tokens_;
  std::unique_ptr<CompletionHost> host_;
};

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_HOST_HOST_FIXTURE_H_
