// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_FORWARDING_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_FORWARDING_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

#include "daemon/completion/generator/generator.h"

namespace krait::completion {

// Does what another generator does: a base for those that change a part of it.
class ForwardingGenerator : public Generator {
 public:
  // `inner` must outlive it.
  explicit ForwardingGenerator(Generator& inner) : inner_(inner) {}

  size_t context_length() const override { return inner_.context_length(); }
  ModelHints hints() const override { return inner_.hints(); }
  std::shared_ptr<const Vocabulary> vocabulary() const override {
    return inner_.vocabulary();
  }
  size_t CountTokens(std::string_view text) const override {
    return inner_.CountTokens(text);
  }
  std::unique_ptr<RunningGeneration> Begin(GeneratorRequest request,
                                           std::stop_token stop) override {
    return inner_.Begin(std::move(request), std::move(stop));
  }
  void Advance(std::span<RunningGeneration* const> generations) override {
    inner_.Advance(generations);
  }
  base::Status Warm(const GeneratorPrompt& prompt,
                    std::stop_token stop) override {
    return inner_.Warm(prompt, std::move(stop));
  }
  base::Status ReadAhead(const GeneratorPrompt& prompt,
                         std::stop_token stop) override {
    return inner_.ReadAhead(prompt, std::move(stop));
  }
  void SaveWarmStates() override { inner_.SaveWarmStates(); }
  base::Status FinishSaving(std::chrono::milliseconds limit) override {
    return inner_.FinishSaving(limit);
  }
  void Forget(const ForgetScope& scope,
              std::function<void(size_t)> done) override {
    inner_.Forget(scope, std::move(done));
  }
  ModelChange CheckModel() const override { return inner_.CheckModel(); }
  WarmStatus warm_status() const override { return inner_.warm_status(); }
  base::MemoryUse memory_use() const override { return inner_.memory_use(); }
  void GiveBack(size_t bytes) override { inner_.GiveBack(bytes); }

 private:
  Generator& inner_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_FORWARDING_GENERATOR_H_
