// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_CHAT_FORMAT_H_
#define KRAIT_ENGINE_TOKENIZER_CHAT_FORMAT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/file/token.h"
#include "engine/tokenizer/chat_template.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

enum class ChatRole : uint8_t { kSystem, kUser, kAssistant };

struct ChatMessage {
  ChatRole role = ChatRole::kUser;
  std::string text = {};
  // An answer as the model gave it: these go into the prompt instead of the
  // text, so that the model goes on from where it was. Empty: the text.
  std::vector<TokenId> tokens = {};
};

// A chat template on a vocabulary: conversations to token ids. What people say
// never becomes a control token, whatever they write. Immutable; the tokenizer
// must outlive it.
class ChatFormat {
 public:
  // kUnsupported, with the token's name, if the vocabulary lacks one that the
  // template needs.
  static Result<ChatFormat> Create(const Tokenizer& tokenizer,
                                   RecognisedChat chat);

  const ChatTemplate& row() const { return *chat_.row; }
  const std::optional<std::string>& default_system() const {
    return chat_.default_system;
  }

  // The ids of a prompt for the next answer: all messages, and the beginning of
  // the assistant's.
  std::vector<TokenId> Prompt(std::span<const ChatMessage> messages) const;

  // What the prompt will begin with, for all that is known, when the last
  // message, a user's, is not said to its end.
  std::vector<TokenId> Beginning(std::span<const ChatMessage> messages) const;

  // Whether an answer ends here: a control token, of any role.
  bool EndsAnswer(TokenId id) const { return tokenizer_->IsControl(id); }

 private:
  ChatFormat(const Tokenizer& tokenizer, RecognisedChat chat)
      : tokenizer_(&tokenizer), chat_(std::move(chat)) {}

  const Tokenizer* tokenizer_;
  RecognisedChat chat_;
};

// Returns the format that a model's file asks for: by the row of that name, if
// one is given, or else by the text of the file's template, if it has one.
// Errors say what to do, as sentences without the file's name.
Result<ChatFormat> ChooseChatFormat(const Tokenizer& tokenizer,
                                    std::string_view row_name,
                                    const std::optional<std::string>& jinja);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_CHAT_FORMAT_H_
