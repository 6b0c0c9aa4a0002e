// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_GENERATION_SLOTS_H_
#define KRAIT_DAEMON_HOST_LOCAL_GENERATION_SLOTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "daemon/host/local/generated_text.h"
#include "engine/file/token.h"
#include "engine/memory/text_memory.h"
#include "engine/prompt/fim.h"
#include "engine/run/beginning.h"
#include "engine/run/drafter.h"
#include "engine/run/warm_session.h"

namespace krait::daemon {

// Where one prompt at a time is read and continued. What was generated last
// stays, for when the user types just that.
struct GenerationSlot {
  explicit GenerationSlot(engine::WarmResources& shared) : session(shared) {}

  engine::WarmSession session;
  GeneratedText generated;
  // Of what was generated: its last token, if that has not been run yet;
  // whether the model has ended it; what of it the user had typed before.
  std::optional<engine::TokenId> unfed = {};
  bool ended = false;
  engine::Beginning beginning = {};
  // Guesses what is generated, if the model takes drafts.
  engine::Drafter drafter = {};
  // What it is reminded of; null: of nothing.
  std::unique_ptr<engine::TextMemory> memory = {};
  // Of the prompt.
  std::string document = {};
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  size_t tokens = 0;
  size_t context_tokens = 0;

  // For GenerationSlots.
  bool busy = false;
  uint64_t last_used = 0;
};

// A slot for each generation under way, and a few idle ones. Thread-compatible.
class GenerationSlots {
 public:
  // `shared` must outlive the slots.
  explicit GenerationSlots(engine::WarmResources& shared) : shared_(shared) {}

  // Takes the idle slot whose generated text the prompt continues, by as much
  // as the user has typed of it; null: there is none.
  GenerationSlot* TakeContinued(const completion::GeneratorPrompt& prompt,
                                bool greedy, uint64_t reminded_of);

  // Takes one for another prompt: that of the same document, as the user went
  // elsewhere in it; else a new one, while there is room.
  GenerationSlot& Take(std::string_view document);

  // Its generation has ended.
  void Release(GenerationSlot& slot);

  // Lets go of the idle ones, and what they have generated.
  void DropIdle();

 private:
  GenerationSlot* LeastRecentlyUsedIdle() const;
  bool TooManyIdle(size_t limit) const;
  GenerationSlot& Mark(GenerationSlot& slot);

  engine::WarmResources& shared_;
  std::vector<std::unique_ptr<GenerationSlot>> slots_;
  uint64_t uses_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_GENERATION_SLOTS_H_
