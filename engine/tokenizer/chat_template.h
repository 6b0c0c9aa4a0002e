// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_CHAT_TEMPLATE_H_
#define KRAIT_ENGINE_TOKENIZER_CHAT_TEMPLATE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace krait::engine {

// What stands in front of and behind a message. Names of control tokens in it
// (ChatTemplate::controls, and kEosInFrame) become these tokens.
struct ChatFrame {
  std::string_view before;
  std::string_view after;
};

// The vocabulary's end of sequence, in a frame.
inline constexpr std::string_view kEosInFrame = "{eos}";

// Where the system's text goes.
enum class SystemPlace : uint8_t {
  kOwnMessage,
  kFirstUser,  // in front of the first user's text, with an empty line between
  kLastUser,   // of the last user's: it moves on with each turn
};

// Which white space a template takes away from messages.
enum class ChatTrim : uint8_t {
  kNothing,
  kBothEnds,         // of every message
  kSpacesOfAnswers,  // those at the end of what the model said
};

// How a family of models was trained to see who says what: a row of the table.
struct ChatTemplate {
  std::string_view name;      // "chatml"
  std::string_view families;  // whose it is, for people
  ChatFrame system;
  ChatFrame user;
  ChatFrame assistant;  // `before` is also what an answer begins with
  // Control tokens of the frames, as the vocabulary writes them.
  std::span<const std::string_view> controls;
  // Where the vocabulary has no such control tokens they are ordinary text:
  // TinyLlama was trained so.
  bool controls_may_be_text = false;
  // Prompts begin with bos, whatever the vocabulary says of other texts.
  bool begins_with_bos = false;
  SystemPlace system_place = SystemPlace::kOwnMessage;
  ChatTrim trim = ChatTrim::kNothing;
  // Each message is encoded by itself, with a dummy space of its own; otherwise
  // the text between two control tokens is encoded as one piece.
  bool encodes_messages_apart = false;
  // An empty system text means the default one.
  bool empty_system_is_default = false;
  // There is a system message in any case, and it begins like this.
  std::string_view system_preamble = {};
};

// Returns all rows, sorted by name.
std::span<const ChatTemplate> ChatTemplates();

// Returns the row of that name, or null.
const ChatTemplate* FindChatTemplate(std::string_view name);

// Returns "chatml, granite, ...": what FindChatTemplate takes.
std::string ChatTemplateNames();

// What the text of a template (Jinja, as files bring it) says of a model.
struct RecognisedChat {
  const ChatTemplate* row = nullptr;  // null: none that krait knows
  // What the system says if nobody else does; nothing: there is no such text.
  std::optional<std::string> default_system;
};

// Recognises a template by the marks that its text puts around messages.
// `has_inst_token`: [INST] is a control token of the vocabulary, which is all
// that tells Mistral's first template from its later ones. Nothing in the text
// is run.
RecognisedChat RecogniseChatTemplate(std::string_view jinja,
                                     bool has_inst_token);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_CHAT_TEMPLATE_H_
