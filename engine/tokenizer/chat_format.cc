// SPDX-License-Identifier: Apache-2.0
//
// Messages are laid out as text and control tokens; the text between two
// control tokens is encoded as one piece, as the tokenizers of the reference
// do. Only frames, which are krait's own, are searched for names of control
// tokens.
#include "engine/tokenizer/chat_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace krait::engine {
namespace {

using Ids = std::vector<TokenId>;
using Messages = std::span<const ChatMessage>;

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
// Text that goes on may change so many tokens before it.
constexpr size_t kOpenTokens = 4;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin);
}

std::string_view WithoutSpacesAtEnd(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::optional<TokenId> FindControl(const Tokenizer& tokenizer,
                                   std::string_view name) {
  if (name == kEosInFrame) return tokenizer.special().eos;
  const auto id = tokenizer.FindToken(name);
  return id && tokenizer.IsControl(*id) ? id : std::nullopt;
}

// Returns the first name of a control token in a frame, and where it is.
std::pair<std::string_view, size_t> FirstControl(const ChatTemplate& row,
                                                 std::string_view frame) {
  std::pair<std::string_view, size_t> first{"", frame.size()};
  const auto look = [&first, frame](std::string_view name) {
    const size_t at = frame.find(name);
    if (at < first.second) first = {name, at};
  };
  look(kEosInFrame);
  std::ranges::for_each(row.controls, look);
  return first;
}

class PromptWriter {
 public:
  PromptWriter(const Tokenizer& tokenizer, const ChatTemplate& row)
      : tokenizer_(tokenizer), row_(row) {
    const SpecialTokens& special = tokenizer.special();
    if (special.bos && (special.add_bos || row.begins_with_bos)) {
      ids_.push_back(*special.bos);
    }
  }

  void Say(const ChatMessage& message) {
    const ChatFrame& frame = FrameOf(message.role);
    Frame(frame.before);
    if (message.role == ChatRole::kAssistant && !message.tokens.empty()) {
      Flush();
      ids_.insert(ids_.end(), message.tokens.begin(), message.tokens.end());
    } else {
      Text(message);
    }
    Frame(frame.after);
    if (row_.encodes_messages_apart) Flush();
  }

  // The beginning of a message that somebody else goes on with.
  void Begin(ChatRole role) { Frame(FrameOf(role).before); }

  Ids Finish() {
    Flush();
    return std::move(ids_);
  }

  // Without what may change when the text goes on.
  Ids FinishOpen(const ChatMessage& message) {
    Begin(message.role);
    text_ += message.text;
    const size_t sure = ids_.size();
    Flush();
    ids_.resize(
        std::max(sure, ids_.size() - std::min(ids_.size(), kOpenTokens)));
    return std::move(ids_);
  }

 private:
  const ChatFrame& FrameOf(ChatRole role) const {
    return role == ChatRole::kSystem ? row_.system
           : role == ChatRole::kUser ? row_.user
                                     : row_.assistant;
  }

  void Frame(std::string_view frame) {
    while (!frame.empty()) {
      const auto [name, at] = FirstControl(row_, frame);
      text_ += frame.substr(0, at);
      frame.remove_prefix(at);
      if (frame.empty()) break;
      if (const auto id = FindControl(tokenizer_, name)) {
        Flush();
        ids_.push_back(*id);
      } else {
        text_ += name;
      }
      frame.remove_prefix(name.size());
    }
  }

  void Text(const ChatMessage& message) {
    if (message.role == ChatRole::kSystem && !preamble_done_) {
      text_ += row_.system_preamble;
      preamble_done_ = true;
    }
    switch (row_.trim) {
      case ChatTrim::kNothing:
        text_ += message.text;
        break;
      case ChatTrim::kBothEnds:
        text_ += Trimmed(message.text);
        break;
      case ChatTrim::kSpacesOfAnswers:
        text_ += message.role == ChatRole::kAssistant
                     ? WithoutSpacesAtEnd(message.text)
                     : message.text;
        break;
    }
  }

  void Flush() {
    if (text_.empty()) return;
    tokenizer_.Encode(text_, DummyPrefix::kAsTrained, &ids_);
    text_.clear();
  }

  const Tokenizer& tokenizer_;
  const ChatTemplate& row_;
  std::string text_;  // since the last control token
  bool preamble_done_ = false;
  Ids ids_;
};

bool BeginsWithSystem(Messages messages) {
  return !messages.empty() && messages.front().role == ChatRole::kSystem;
}

// The messages with a system's at the front, if the template wants one there.
std::vector<ChatMessage> WithSystemInFront(const RecognisedChat& chat,
                                           Messages messages) {
  std::vector<ChatMessage> all(messages.begin(), messages.end());
  const bool has_own = BeginsWithSystem(messages);
  const bool wants_one =
      chat.default_system || !chat.row->system_preamble.empty();
  if (!has_own && wants_one) {
    all.insert(all.begin(), {.role = ChatRole::kSystem,
                             .text = chat.default_system.value_or("")});
  } else if (has_own && all.front().text.empty() && chat.default_system &&
             chat.row->empty_system_is_default) {
    all.front().text = *chat.default_system;
  }
  return all;
}

// The messages without the system's, whose texts are in front of a user's.
std::vector<ChatMessage> WithSystemInUsers(SystemPlace place,
                                           Messages messages) {
  std::vector<ChatMessage> all;
  std::string system;
  for (const ChatMessage& message : messages) {
    if (message.role != ChatRole::kSystem) {
      all.push_back(message);
    } else if (!message.text.empty()) {
      system += message.text + "\n\n";
    }
  }
  const auto is_user = [](const ChatMessage& message) {
    return message.role == ChatRole::kUser;
  };
  if (place == SystemPlace::kFirstUser) {
    const auto user = std::ranges::find_if(all, is_user);
    if (user != all.end()) user->text.insert(0, system);
  } else {
    const auto user = std::find_if(all.rbegin(), all.rend(), is_user);
    if (user != all.rend()) user->text.insert(0, system);
  }
  return all;
}

std::vector<ChatMessage> Placed(const RecognisedChat& chat, Messages messages) {
  return chat.row->system_place == SystemPlace::kOwnMessage
             ? WithSystemInFront(chat, messages)
             : WithSystemInUsers(chat.row->system_place, messages);
}

// Returns the names of the rows that the vocabulary has all tokens for.
std::string NamesThatFit(const Tokenizer& tokenizer) {
  std::string names;
  for (const ChatTemplate& row : ChatTemplates()) {
    if (!ChatFormat::Create(tokenizer, {.row = &row, .default_system = {}})) {
      continue;
    }
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

}  // namespace

Result<ChatFormat> ChatFormat::Create(const Tokenizer& tokenizer,
                                      RecognisedChat chat) {
  for (const ChatFrame* frame :
       {&chat.row->system, &chat.row->user, &chat.row->assistant}) {
    for (std::string_view text : {frame->before, frame->after}) {
      while (true) {
        const auto [name, at] = FirstControl(*chat.row, text);
        if (name.empty()) break;
        text.remove_prefix(at + name.size());
        const bool needed =
            name == kEosInFrame || !chat.row->controls_may_be_text;
        if (!needed || FindControl(tokenizer, name)) continue;
        return MakeError(
            ErrorCode::kUnsupported,
            fmt::format("the vocabulary has no control token {}, which the "
                        "chat template {} needs",
                        name == kEosInFrame ? "for the end" : name,
                        chat.row->name));
      }
    }
  }
  return ChatFormat(tokenizer, std::move(chat));
}

Ids ChatFormat::Prompt(Messages messages) const {
  PromptWriter writer(*tokenizer_, row());
  for (const ChatMessage& message : Placed(chat_, messages)) {
    writer.Say(message);
  }
  writer.Begin(ChatRole::kAssistant);
  return writer.Finish();
}

Ids ChatFormat::Beginning(Messages messages) const {
  PromptWriter writer(*tokenizer_, row());
  const std::vector<ChatMessage> all = Placed(chat_, messages);
  for (const ChatMessage& message : std::span(all).first(all.size() - 1)) {
    writer.Say(message);
  }
  return writer.FinishOpen(all.back());
}

Result<ChatFormat> ChooseChatFormat(const Tokenizer& tokenizer,
                                    std::string_view row_name,
                                    const std::optional<std::string>& jinja) {
  RecognisedChat chat;
  if (jinja) {
    chat = RecogniseChatTemplate(*jinja,
                                 FindControl(tokenizer, "[INST]").has_value());
  }
  if (!row_name.empty()) {
    const ChatTemplate* row = FindChatTemplate(row_name);
    if (row == nullptr) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("there is no chat template \"{}\"; expected "
                                   "one of {}",
                                   row_name, ChatTemplateNames()));
    }
    // The file's default text belongs to the file's own template.
    if (row != chat.row) chat = {.row = row, .default_system = std::nullopt};
  }
  if (chat.row != nullptr)
    return ChatFormat::Create(tokenizer, std::move(chat));
  return MakeError(
      ErrorCode::kUnsupported,
      fmt::format("{}; if you know which one it was trained with, name it: "
                  "--template NAME, where NAME is one of {}",
                  jinja ? "its chat template is none that krait knows"
                        : "it has no chat template, so it was probably not "
                          "trained to chat",
                  NamesThatFit(tokenizer)));
}

}  // namespace krait::engine
