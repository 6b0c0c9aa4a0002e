// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_CONVERSATION_H_
#define KRAIT_DAEMON_CHAT_CONVERSATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/arch/model.h"
#include "engine/run/sampler.h"
#include "engine/run/warm_session.h"
#include "engine/state/state_store.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {

struct ConversationOptions {
  std::optional<std::string> system;  // nothing: the template's own, if any
  std::string context;                // stands before the first question
  engine::SamplerOptions sampler;     // the seed is the first answer's
  size_t max_tokens = 2048;           // of an answer
  size_t state_bytes = 0;             // what is kept warm
};

enum class AnswerEnd : uint8_t {
  kComplete,
  kMaxTokens,
  kContextFull,  // the model's
  kStopped,
};

struct Answer {
  AnswerEnd end = AnswerEnd::kComplete;
  engine::PrefillCost read;  // the prompt
  size_t tokens = 0;         // of the answer
};

// One conversation with a model. All that was said stays in the model's state:
// a turn reads its own tokens, and the answer before it (once more: what was
// decoded is rounded otherwise) unless Warm had the time for that.
//
// Belongs to the thread that may use the pool.
class Conversation {
 public:
  using OnText = std::function<void(std::string_view text)>;
  using ShouldStop = std::function<bool()>;

  // The pool must outlive it. The format is one of the model's tokenizer.
  Conversation(std::shared_ptr<const engine::Model> model,
               engine::WorkerPool& pool, engine::ChatFormat format,
               ConversationOptions options);

  // Asks and answers: whole characters go to `on_text` as they come.
  // `should_stop` is asked before each slice of the prompt and after each
  // token. What was answered until then stays in the conversation; a question
  // that was stopped before, or could not be asked, does not. An error says why
  // it could not: the context is full, the model's numbers are broken.
  base::Result<Answer> Ask(const std::string& question, const OnText& on_text,
                           const ShouldStop& should_stop);

  // Reads a slice (some 10 ms) of what the next prompt will begin with. Returns
  // whether there is more to read.
  bool Warm();

  // Forgets what was said, not the system's text and the context.
  void Clear();

  const engine::ChatFormat& format() const { return format_; }
  // Tokens that the model can have before it; 0: no limit.
  size_t context_tokens() const { return context_tokens_; }
  // Those of the last prompt and its answer.
  size_t used_tokens() const { return used_tokens_; }

 private:
  engine::ChatMessage NextMessage(const std::string& question) const;
  base::Result<bool> Read(const std::vector<engine::TokenId>& prompt,
                          const ShouldStop& should_stop);
  base::Result<Answer> Speak(size_t max_tokens, const OnText& on_text,
                             const ShouldStop& should_stop);

  const std::shared_ptr<const engine::Model> model_;
  const engine::ChatFormat format_;
  const ConversationOptions options_;
  const size_t context_tokens_;
  engine::StateStore store_;
  engine::WarmResources shared_;
  engine::WarmSession session_;

  std::vector<engine::ChatMessage> messages_;
  size_t turns_ = 0;
  size_t used_tokens_ = 0;
  bool warming_ = false;  // the session reads the next prompt's beginning
  bool warm_ = false;     // has read it
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_CONVERSATION_H_
