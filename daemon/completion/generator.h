// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>

#include "engine/error.h"
#include "engine/model/token.h"
#include "engine/run/sampler.h"
#include "engine/run/session.h"
#include "engine/tokenizer/fim.h"

namespace krait::daemon {

using Clock = std::chrono::steady_clock;

// Text around a cursor, as the model is to see it.
struct GeneratorPrompt {
  std::string_view path;  // shown to models that were trained with paths
  std::string_view prefix;
  std::string_view suffix;
};

struct GeneratorRequest {
  GeneratorPrompt prompt;
  engine::SamplerOptions sampler;
  size_t max_tokens = 64;
  // Called for each token with the bytes it stands for, which may be a part of
  // a UTF-8 sequence. Returning false ends the generation.
  std::function<bool(engine::TokenId token, std::string_view bytes)> on_token;
};

// What a generation cost.
struct GeneratorReport {
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  engine::StopReason reason = engine::StopReason::kMaxTokens;
  size_t tokens_reused = 0;    // taken from a warm state
  size_t tokens_replayed = 0;  // restored from a replay log
  size_t tokens_computed = 0;  // prompt tokens run through the model
  size_t tokens_generated = 0;
  Clock::duration tokenize{};
  Clock::duration prefill{};
  Clock::duration decode{};
};

// What the completion service needs of a model. The one of the product is
// EngineGenerator; tests have their own.
//
// Thread-compatible: one call at a time.
class Generator {
 public:
  virtual ~Generator() = default;

  // The most tokens that prompt and completion may have; 0: no limit.
  virtual size_t context_length() const = 0;

  // Returns about how many tokens `text` is.
  virtual size_t CountTokens(std::string_view text) const = 0;

  // Continues the prompt. A stopped call gives an error of kind kCancelled.
  virtual engine::Result<GeneratorReport> Generate(
      const GeneratorRequest& request, std::stop_token stop) = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_H_
