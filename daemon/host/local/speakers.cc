// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/speakers.h"

#include <algorithm>

namespace krait::daemon {
namespace {

// The idle are kept for what they said, which is worth a few tokens each: not
// many, and with states of a large model only one.
constexpr size_t kMaxIdle = 4;
constexpr size_t kMaxIdleBytes = size_t{64} << 20;

}  // namespace

Speaker& Speakers::Mark(Speaker& speaker) {
  speaker.busy = true;
  return speaker;
}

Speaker* Speakers::TakeWhoSaid(const completion::GeneratorPrompt& prompt,
                               bool greedy, uint64_t reminded_of) {
  for (const auto& speaker : speakers_) {
    if (speaker->busy) continue;
    const auto typed = speaker->said.TypedOf(prompt, greedy, reminded_of);
    if (!typed) continue;
    speaker->said.Advance(*typed);
    return &Mark(*speaker);
  }
  return nullptr;
}

Speaker& Speakers::Take(std::string_view path) {
  for (const auto& speaker : speakers_) {
    if (!speaker->busy && speaker->path == path) return Mark(*speaker);
  }
  // One more would be too many once it is idle, too.
  if (TooManyIdle(kMaxIdle - 1)) return Mark(*LeastRecentlyUsedIdle());
  speakers_.push_back(std::make_unique<Speaker>(shared_));
  return Mark(*speakers_.back());
}

void Speakers::Release(Speaker& speaker) {
  speaker.busy = false;
  speaker.last_used = ++uses_;
  while (TooManyIdle(kMaxIdle)) {
    Speaker* const oldest = LeastRecentlyUsedIdle();
    if (oldest == &speaker) return;  // whoever spoke last stays
    std::erase_if(speakers_, [oldest](const auto& candidate) {
      return candidate.get() == oldest;
    });
  }
}

void Speakers::DropIdle() {
  std::erase_if(speakers_, [](const auto& speaker) { return !speaker->busy; });
}

Speaker* Speakers::LeastRecentlyUsedIdle() const {
  Speaker* oldest = nullptr;
  for (const auto& speaker : speakers_) {
    if (speaker->busy) continue;
    if (oldest == nullptr || speaker->last_used < oldest->last_used) {
      oldest = speaker.get();
    }
  }
  return oldest;
}

bool Speakers::TooManyIdle(size_t limit) const {
  size_t count = 0;
  size_t bytes = 0;
  for (const auto& speaker : speakers_) {
    if (speaker->busy) continue;
    ++count;
    bytes += speaker->session.fork().state().bytes();
  }
  return count > limit || (count > 0 && bytes > kMaxIdleBytes);
}

}  // namespace krait::daemon
