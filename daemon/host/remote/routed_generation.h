// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_REMOTE_ROUTED_GENERATION_H_
#define KRAIT_DAEMON_HOST_REMOTE_ROUTED_GENERATION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "daemon/completion/generator/generator.h"
#include "daemon/remote/engine.h"
#include "daemon/remote/exchange.h"

namespace krait::daemon {

// A generation that an engine elsewhere makes, or the one here: from the begin,
// or once the other has failed without a word. What it has said stays said:
// then a completion ends there, and a conversation with an error.
class RoutedGeneration final : public completion::RunningGeneration {
 public:
  // `local` must outlive it.
  RoutedGeneration(completion::Generator& local,
                   std::shared_ptr<remote::Engine> engine,
                   completion::GeneratorRequest request, std::stop_token stop);
  ~RoutedGeneration() override;

  // One of these begins it.
  void AskElsewhere(std::shared_ptr<remote::Exchange> exchange);
  // `why`: why not elsewhere; empty: it was not to be.
  void BeginHere(std::string why);
  // It was to be asked elsewhere, and cannot be.
  void FallBack(const std::string& why);

  void StopIfAsked() override;
  bool ready() const override;
  void WhenReady(std::function<void()> wake) override;

  // Takes what came from elsewhere; may begin it here.
  void TakeWhatCame();
  // The one here, while it runs; else null.
  completion::RunningGeneration* here() const {
    return outcome_ ? nullptr : here_.get();
  }
  // That may have ended.
  void LookHere();

 private:
  struct WakeOnStop {
    remote::Exchange* exchange;
    void operator()() const { exchange->Wake(); }
  };

  bool Say(const std::string& text);
  void EndElsewhere(completion::GenerationEnd end);
  void FailElsewhere(const base::Error& error, bool said_something);

  completion::Generator& local_;
  const std::shared_ptr<remote::Engine> engine_;
  const completion::GeneratorRequest request_;
  const std::stop_token stop_;
  const completion::Clock::time_point begin_ = completion::Clock::now();
  std::optional<completion::Clock::time_point> first_text_;
  size_t parts_ = 0;
  std::string why_here_;
  std::unique_ptr<completion::RunningGeneration> here_;
  std::shared_ptr<remote::Exchange> exchange_;
  std::optional<std::stop_callback<WakeOnStop>> on_stop_;  // of the exchange
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_REMOTE_ROUTED_GENERATION_H_
