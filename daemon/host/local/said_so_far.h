// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_SAID_SO_FAR_H_
#define KRAIT_DAEMON_HOST_LOCAL_SAID_SO_FAR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/generator.h"
#include "engine/file/token.h"

namespace krait::daemon {

// What a generation has said, be it cut short: if the user types just that, a
// generation for the longer text goes on where it stands, and nothing is
// thrown away. Thread-compatible.
class SaidSoFar {
 public:
  // A generation of `prompt` begins. One that is not greedy is not to be gone
  // on with: it would have drawn other tokens.
  // `reminded_of` stands for what it is reminded of beside the prefix.
  void Begin(const completion::GeneratorPrompt& prompt, bool greedy,
             uint64_t reminded_of = 0);
  void Add(engine::TokenId token, std::string_view bytes, float logprob);
  // Nothing can be gone on with.
  void Forget() { valid_ = false; }

  // Returns how many bytes of what was said the prompt has in its prefix;
  // nothing if it is another place, or the user typed something else.
  std::optional<size_t> TypedOf(const completion::GeneratorPrompt& prompt,
                                bool greedy, uint64_t reminded_of = 0) const;

  // The user has typed the first `typed` bytes: the prompt is longer by them,
  // what was said is shorter.
  void Advance(size_t typed);

  struct Token {
    engine::TokenId id;
    std::string bytes;  // those that were not typed
    float logprob;
  };
  // Those of which something is left.
  const std::vector<Token>& tokens() const { return tokens_; }

 private:
  bool valid_ = false;
  std::string path_;
  std::string prefix_;
  std::string suffix_;
  uint64_t reminded_of_ = 0;
  std::string text_;
  std::vector<Token> tokens_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_SAID_SO_FAR_H_
