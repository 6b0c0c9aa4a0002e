// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_GENERATOR_VOCABULARY_H_
#define KRAIT_DAEMON_COMPLETION_GENERATOR_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/piece.h"

namespace krait::completion {

enum class ChatRole : uint8_t { kSystem, kUser, kAssistant };

// What somebody said in a conversation.
struct ChatTurn {
  ChatRole role = ChatRole::kUser;
  std::string text = {};
};

// How a text becomes pieces.
struct PieceRules {
  // As a prompt begins: with the token and the space that the model's prompts
  // begin with.
  bool begins = false;
  // What is written like a control token is one. Only for texts that somebody
  // has laid out for this very model; of all others it is text.
  bool control = false;
};

// What a model says of itself.
struct ModelFacts {
  std::string name;          // "krait-code-s"
  std::string path;          // of its file or directory
  std::string architecture;  // "mamba2"
  std::string quantisation;  // "Q8_0"
  uint64_t bytes = 0;        // of its files
  uint64_t parameters = 0;
  size_t vocabulary = 0;
  size_t embedding = 0;       // numbers that stand for a token
  size_t context_length = 0;  // 0: no limit
  int64_t modified = 0;       // its file, seconds since 1970
  std::string begin;          // tokens, as the vocabulary writes them; empty:
  std::string end;            // it has none
  bool fills_in = false;      // it was trained to
  std::string chat_template;  // Jinja, of its file; empty: none
  std::string no_chat;        // why it cannot chat, a sentence; empty: it can
};

// How a model chooses what it says in a conversation, as far as its file says.
struct ChatSampling {
  std::optional<float> temperature;
  std::optional<size_t> top_k;
  std::optional<float> top_p;
  std::optional<float> min_p;
  std::optional<float> repetition_penalty;
};

// What a model makes of texts, without running. Immutable and thread-safe; may
// outlive its generator.
class Vocabulary {
 public:
  virtual ~Vocabulary() = default;

  virtual const ModelFacts& facts() const = 0;
  virtual ChatSampling chat_sampling() const { return {}; }

  virtual std::vector<PieceId> Pieces(std::string_view text,
                                      PieceRules rules) const = 0;
  // The text of pieces, all of which are known; with what control tokens are
  // written like, or without them.
  virtual std::string Text(std::span<const PieceId> pieces,
                           bool control) const = 0;
  virtual bool Knows(PieceId piece) const = 0;

  // The prompt for the next answer. Nothing that is said becomes a control
  // token. kUnsupported: the model cannot chat, see ModelFacts::no_chat.
  virtual base::Result<std::vector<PieceId>> ChatPrompt(
      std::span<const ChatTurn> turns) const = 0;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_GENERATOR_VOCABULARY_H_
