// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/generation_slots.h"

#include <algorithm>

namespace krait::daemon {
namespace {

// Idle slots are kept for what they generated, which is worth a few tokens
// each: not many, and with states of a large model only one.
constexpr size_t kMaxIdle = 4;
constexpr size_t kMaxIdleBytes = size_t{64} << 20;

}  // namespace

GenerationSlot& GenerationSlots::Mark(GenerationSlot& slot) {
  slot.busy = true;
  return slot;
}

GenerationSlot* GenerationSlots::TakeContinued(
    const completion::GeneratorPrompt& prompt, bool greedy,
    uint64_t reminded_of) {
  for (const auto& slot : slots_) {
    if (slot->busy) continue;
    const auto typed = slot->generated.TypedOf(prompt, greedy, reminded_of);
    if (!typed) continue;
    slot->generated.Advance(*typed);
    return &Mark(*slot);
  }
  return nullptr;
}

GenerationSlot& GenerationSlots::Take(std::string_view document) {
  for (const auto& slot : slots_) {
    if (!slot->busy && slot->document == document) return Mark(*slot);
  }
  // One more would be too many once it is idle, too.
  if (TooManyIdle(kMaxIdle - 1)) return Mark(*LeastRecentlyUsedIdle());
  slots_.push_back(std::make_unique<GenerationSlot>(shared_));
  return Mark(*slots_.back());
}

void GenerationSlots::Release(GenerationSlot& slot) {
  slot.busy = false;
  slot.last_used = ++uses_;
  while (TooManyIdle(kMaxIdle)) {
    GenerationSlot* const oldest = LeastRecentlyUsedIdle();
    if (oldest == &slot) return;  // the one used last stays
    std::erase_if(slots_, [oldest](const auto& candidate) {
      return candidate.get() == oldest;
    });
  }
}

void GenerationSlots::DropIdle() {
  std::erase_if(slots_, [](const auto& slot) { return !slot->busy; });
}

GenerationSlot* GenerationSlots::LeastRecentlyUsedIdle() const {
  GenerationSlot* oldest = nullptr;
  for (const auto& slot : slots_) {
    if (slot->busy) continue;
    if (oldest == nullptr || slot->last_used < oldest->last_used) {
      oldest = slot.get();
    }
  }
  return oldest;
}

bool GenerationSlots::TooManyIdle(size_t limit) const {
  size_t count = 0;
  size_t bytes = 0;
  for (const auto& slot : slots_) {
    if (slot->busy) continue;
    ++count;
    bytes += slot->session.fork().state().bytes();
  }
  return count > limit || (count > 0 && bytes > kMaxIdleBytes);
}

}  // namespace krait::daemon
