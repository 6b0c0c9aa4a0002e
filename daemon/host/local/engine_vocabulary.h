// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_ENGINE_VOCABULARY_H_
#define KRAIT_DAEMON_HOST_LOCAL_ENGINE_VOCABULARY_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/host/local/control_tokens.h"
#include "engine/arch/model.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {

// The vocabulary of one of krait's own models, which must have a tokenizer.
// Keeps the model alive.
class EngineVocabulary final : public completion::Vocabulary {
 public:
  explicit EngineVocabulary(std::shared_ptr<const engine::Model> model);

  const completion::ModelFacts& facts() const override { return facts_; }
  completion::ChatSampling chat_sampling() const override { return sampling_; }
  std::vector<completion::PieceId> Pieces(
      std::string_view text, completion::PieceRules rules) const override;
  std::string Text(std::span<const completion::PieceId> pieces,
                   bool control) const override;
  bool Knows(completion::PieceId piece) const override;
  base::Result<std::vector<completion::PieceId>> ChatPrompt(
      std::span<const completion::ChatTurn> turns) const override;

 private:
  void ReadFacts();
  void ReadChat();

  const std::shared_ptr<const engine::Model> model_;
  const engine::Tokenizer& tokenizer_;
  const ControlTokens control_;
  completion::ModelFacts facts_;
  completion::ChatSampling sampling_;
  std::optional<engine::ChatFormat> chat_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_ENGINE_VOCABULARY_H_
