// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string_view>

#include "daemon/completion/generator.h"
#include "engine/error.h"
#include "engine/model/model.h"
#include "engine/run/session.h"
#include "engine/run/worker_pool.h"
#include "engine/tokenizer/fim.h"

namespace krait::daemon {

// Generates with one of krait's own models. Each call reads the whole prompt.
class EngineGenerator : public Generator {
 public:
  // Fails for a model without a tokenizer. `pool` must outlive the generator.
  static engine::Result<std::unique_ptr<EngineGenerator>> Create(
      std::shared_ptr<const engine::Model> model, engine::WorkerPool& pool);

  size_t context_length() const override {
    return model_->hyperparameters().context_length;
  }
  size_t CountTokens(std::string_view text) const override;
  engine::Result<GeneratorReport> Generate(const GeneratorRequest& request,
                                           std::stop_token stop) override;

 private:
  EngineGenerator(std::shared_ptr<const engine::Model> model,
                  engine::WorkerPool& pool);
  engine::FimLayout ChooseLayout(const GeneratorPrompt& prompt) const;

  std::shared_ptr<const engine::Model> model_;
  engine::Session session_;
};

// Returns the layout that a model was trained for; kEmulated if for none.
engine::FimLayout TrainedLayout(const engine::Hyperparameters& hparams);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_ENGINE_GENERATOR_H_
