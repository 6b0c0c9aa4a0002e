// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_GENERATED_TEXT_H_
#define KRAIT_DAEMON_HOST_LOCAL_GENERATED_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "engine/file/token.h"

namespace krait::daemon {

// What a generation has come to, be it cut short: if the user types just that,
// a generation for the longer text continues it, and nothing is thrown away.
// Thread-compatible.
class GeneratedText {
 public:
  // A generation of `prompt` begins. One that is not greedy cannot be
  // continued: it would have drawn other tokens. `reminded_of` stands for what
  // it is reminded of beside the prefix.
  void Begin(const completion::GeneratorPrompt& prompt, bool greedy,
             uint64_t reminded_of = 0);
  void Add(engine::TokenId token, std::string_view bytes, float logprob);
  // It cannot be continued.
  void Forget() { valid_ = false; }

  // Returns how many bytes of it the prompt has in its prefix; nothing if the
  // prompt differs in anything else: it is another place, or another document.
  std::optional<size_t> TypedOf(const completion::GeneratorPrompt& prompt,
                                bool greedy, uint64_t reminded_of = 0) const;

  // The user has typed the first `typed` bytes: the prompt is longer by them,
  // what was generated is shorter.
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
  std::string document_;
  std::string path_;
  std::string prefix_;
  std::string suffix_;
  uint64_t context_ = 0;  // its fingerprint
  uint64_t reminded_of_ = 0;
  std::string text_;
  std::vector<Token> tokens_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_GENERATED_TEXT_H_
