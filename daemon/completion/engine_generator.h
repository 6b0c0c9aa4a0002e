// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string_view>

#include "daemon/completion/fim_planner.h"
#include "daemon/completion/generator.h"
#include "engine/error.h"
#include "engine/model/model.h"
#include "engine/run/warm_session.h"
#include "engine/run/worker_pool.h"
#include "engine/state/state_store.h"

namespace krait::daemon {

// Generates with one of krait's own models, from warm states: a prompt costs
// what is new in it. What comes out is what a cold run of the same prompt
// gives.
class EngineGenerator : public Generator {
 public:
  // Keeps states of up to `state_bytes`; 0: each call reads the whole prompt.
  // Fails for a model without a tokenizer. `pool` must outlive the generator.
  static engine::Result<std::unique_ptr<EngineGenerator>> Create(
      std::shared_ptr<const engine::Model> model, engine::WorkerPool& pool,
      size_t state_bytes);

  size_t context_length() const override {
    return model_->hyperparameters().context_length;
  }
  size_t CountTokens(std::string_view text) const override {
    return planner_.CountTokens(text);
  }
  engine::Result<GeneratorReport> Generate(const GeneratorRequest& request,
                                           std::stop_token stop) override;
  engine::Status Warm(const GeneratorPrompt& prompt,
                      std::stop_token stop) override;
  WarmStatus warm_status() const override;

 private:
  EngineGenerator(std::shared_ptr<const engine::Model> model,
                  engine::WorkerPool& pool, size_t state_bytes);
  std::chrono::duration<double> PredictPrefill(
      const std::vector<engine::TokenId>& tokens) const;
  engine::Status Prefill(const FimPlan& plan, std::stop_token stop,
                         GeneratorReport* report);
  engine::Status Decode(const GeneratorRequest& request, std::stop_token stop,
                        GeneratorReport* report);

  const std::shared_ptr<const engine::Model> model_;
  mutable FimPlanner planner_;  // remembers lines
  engine::StateStore store_;
  engine::WarmSession session_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_
