// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATION_H_
#define KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/local/fim_planner.h"
#include "daemon/host/local/generation_slots.h"
#include "engine/arch/model.h"
#include "engine/memory/text_memory.h"
#include "engine/run/draft_length.h"
#include "engine/run/generation.h"
#include "engine/state/state_store.h"

namespace krait::daemon {

// Returns the file that a prompt is of, as the store wants it.
engine::StateOrigin OriginOf(const completion::GeneratorPrompt& prompt);

// A generation of EngineGenerator, which moves it on piece by piece: its prompt
// is read in slices, then its tokens are chosen one by one, and fed in a batch
// with those of others. Thread-compatible.
class EngineGeneration final : public completion::RunningGeneration {
 public:
  // `model`, `slots` and `draft_length` must outlive it.
  EngineGeneration(const engine::Model& model, GenerationSlots& slots,
                   engine::DraftLength& draft_length,
                   completion::GeneratorRequest request, std::stop_token stop);
  ~EngineGeneration() override;

  const completion::GeneratorRequest& request() const { return request_; }
  bool greedy() const {
    return request_.sampling.temperature <= 0 && request_.first_rank == 0;
  }

  // Whether what it says can go on once a part of it was typed.
  bool can_be_continued() const {
    return greedy() && !request_.prompt.pieces.has_value();
  }

  // One of these three begins it.
  // Continues what was generated in `slot`. Returns false, and releases it, if
  // it wants to know more of the next token than the one before it did.
  bool Continue(GenerationSlot& slot);
  // Lets `slot`, whose memory and drafter are those of this generation, read
  // the plan, which took `planning` to make.
  void Read(GenerationSlot& slot, FimPlan plan,
            completion::Clock::duration planning);
  void Fail(const base::Error& error) { End(error); }

  void StopIfAsked() override;

  // Whether the prompt is still to be read, by RunSlice.
  bool reading() const { return stage_ == Stage::kReading; }
  void RunSlice();
  // Stands for what it is reminded of beside the prefix.
  uint64_t reminded_of = 0;
  // When it had its last slice, in turns of the generator.
  uint64_t turn = 0;

  // Whether it is to generate more. A round: the last token is fed to the
  // session, if it has not been, then Pick chooses the next one, or several, as
  // far as it was guessed right what follows.
  bool generating() const { return stage_ == Stage::kGenerating; }
  bool has_unfed() const { return generating() && slot_->unfed; }
  engine::DecodeFeed TakeFeed(bool may_draft);
  engine::Session& session() { return slot_->session.fork(); }
  void Pick();

 private:
  enum class Stage : uint8_t { kReading, kGenerating, kEnded };

  engine::GenerateOptions Options();
  void BeginToGenerate();
  // Whether the token chosen last was guessed, and so has been fed.
  bool TakeDraft();
  bool OnToken(engine::TokenId token, float logprob);
  std::vector<completion::LikelyPiece> LikeliestPieces(size_t typed) const;
  void EndGenerating(engine::StopReason reason);
  void End(base::Result<completion::GeneratorReport> outcome);

  const engine::Model& model_;
  GenerationSlots& slots_;
  engine::DraftLength& draft_length_;
  const completion::GeneratorRequest request_;
  const std::stop_token stop_;
  GenerationSlot* slot_ =
      nullptr;  // null before the beginning and after the end
  std::optional<engine::TokenPicker> picker_;  // while speaking
  Stage stage_ = Stage::kReading;
  completion::GeneratorReport report_;
  completion::Clock::time_point stage_begin_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_ENGINE_GENERATION_H_
