// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_SPEAKERS_H_
#define KRAIT_DAEMON_HOST_LOCAL_SPEAKERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/completion/generator.h"
#include "daemon/host/local/said_so_far.h"
#include "engine/file/token.h"
#include "engine/memory/text_memory.h"
#include "engine/run/beginning.h"
#include "engine/run/warm_session.h"
#include "engine/tokenizer/fim.h"

namespace krait::daemon {

// Where one prompt at a time is read and continued. What was said last stays,
// for when the user goes on with just that.
struct Speaker {
  explicit Speaker(engine::WarmResources& shared) : session(shared) {}

  engine::WarmSession session;
  SaidSoFar said;
  // Of what was said: its last token, if that has not been run yet; whether the
  // model has ended it; what of it the user had typed before.
  std::optional<engine::TokenId> unfed = {};
  bool ended = false;
  engine::Beginning beginning = {};
  // What it is reminded of; null: of nothing.
  std::unique_ptr<engine::TextMemory> memory = {};
  // Of the prompt.
  std::string path = {};
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  size_t tokens = 0;

  // For Speakers.
  bool busy = false;
  uint64_t last_used = 0;
};

// As many as speak at once, and some that have spoken. Thread-compatible.
class Speakers {
 public:
  // `shared` must outlive the speakers.
  explicit Speakers(engine::WarmResources& shared) : shared_(shared) {}

  // Takes the idle one who was saying what the prompt goes on with, which
  // SaidSoFar is told; null: nobody.
  Speaker* TakeWhoSaid(const completion::GeneratorPrompt& prompt, bool greedy,
                       uint64_t reminded_of);

  // Takes one for another prompt: who has spoken in the same file last, as the
  // user went elsewhere in it; else a new one, while there is room.
  Speaker& Take(std::string_view path);

  // Its generation has ended.
  void Release(Speaker& speaker);

  // Lets go of what the idle ones have said.
  void DropIdle();

 private:
  Speaker* LeastRecentlyUsedIdle() const;
  bool TooManyIdle(size_t limit) const;
  Speaker& Mark(Speaker& speaker);

  engine::WarmResources& shared_;
  std::vector<std::unique_ptr<Speaker>> speakers_;
  uint64_t uses_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_SPEAKERS_H_
