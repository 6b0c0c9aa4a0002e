// SPDX-License-Identifier: Apache-2.0
//
// The table of chat templates, and how a file's template is told. Files bring
// a program in Jinja; krait runs none of it. What a family of models was
// trained with is a row here, and a row is recognised by the marks that its
// programs put around messages, as llama.cpp does. Sources: mistral-common's
// encoders for v1 and v3, the published templates of Qwen2.5, SmolLM2, Granite
// 4.0, Llama 3 and 3.1, and TinyLlama 1.1B Chat.
#include "engine/tokenizer/chat_template.h"

#include <algorithm>
#include <array>

namespace krait::engine {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> kChatMlControls = {"<|im_start|>",
                                                             "<|im_end|>"};
constexpr std::array<std::string_view, 3> kGraniteControls = {
    "<|start_of_role|>", "<|end_of_role|>", "<|end_of_text|>"};
constexpr std::array<std::string_view, 3> kLlama3Controls = {
    "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"};
constexpr std::array<std::string_view, 2> kMistralControls = {"[INST]",
                                                              "[/INST]"};
constexpr std::array<std::string_view, 3> kZephyrControls = {
    "<|system|>", "<|user|>", "<|assistant|>"};

constexpr ChatFrame kLlama3System = {
    "<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"};
constexpr ChatFrame kLlama3User = {
    "<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"};
constexpr ChatFrame kLlama3Assistant = {
    "<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"};

constexpr ChatTemplate kRows[] = {
    {.name = "chatml",
     .families = "Qwen, SmolLM2, Falcon-H1",
     .system = {"<|im_start|>system\n", "<|im_end|>\n"},
     .user = {"<|im_start|>user\n", "<|im_end|>\n"},
     .assistant = {"<|im_start|>assistant\n", "<|im_end|>\n"},
     .controls = kChatMlControls},
    {.name = "granite",
     .families = "Granite 4.0",
     .system = {"<|start_of_role|>system<|end_of_role|>", "<|end_of_text|>\n"},
     .user = {"<|start_of_role|>user<|end_of_role|>", "<|end_of_text|>\n"},
     .assistant = {"<|start_of_role|>assistant<|end_of_role|>",
                   "<|end_of_text|>\n"},
     .controls = kGraniteControls,
     .empty_system_is_default = true},
    {.name = "llama3",
     .families = "Llama 3",
     .system = kLlama3System,
     .user = kLlama3User,
     .assistant = kLlama3Assistant,
     .controls = kLlama3Controls,
     .begins_with_bos = true,
     .trim = ChatTrim::kBothEnds},
    // The date is the one that the published template has where nobody gives
    // it another.
    {.name = "llama3.1",
     .families = "Llama 3.1, 3.2, 3.3",
     .system = kLlama3System,
     .user = kLlama3User,
     .assistant = kLlama3Assistant,
     .controls = kLlama3Controls,
     .begins_with_bos = true,
     .trim = ChatTrim::kBothEnds,
     .system_preamble = "Cutting Knowledge Date: December 2023\n"
                        "Today Date: 26 Jul 2024\n\n"},
    // The marks are text, in which a user's "[INST]" is the same.
    {.name = "mistral-v1",
     .families = "Mistral 7B Instruct v0.1 and v0.2, Mixtral 8x7B Instruct",
     .system = {},
     .user = {"[INST] ", " [/INST]"},
     .assistant = {"", kEosInFrame},
     .controls = {},
     .begins_with_bos = true,
     .system_place = SystemPlace::kFirstUser,
     .encodes_messages_apart = true},
    {.name = "mistral-v3",
     .families = "Mistral 7B Instruct v0.3, Codestral Mamba, Codestral 22B",
     .system = {},
     .user = {"[INST]", "[/INST]"},
     .assistant = {"", kEosInFrame},
     .controls = kMistralControls,
     .begins_with_bos = true,
     .system_place = SystemPlace::kLastUser,
     .trim = ChatTrim::kSpacesOfAnswers},
    {.name = "zephyr",
     .families = "TinyLlama 1.1B Chat, Zephyr 7B",
     .system = {"<|system|>\n", "{eos}\n"},
     .user = {"<|user|>\n", "{eos}\n"},
     .assistant = {"<|assistant|>\n", "{eos}\n"},
     .controls = kZephyrControls,
     .controls_may_be_text = true},
};

// By what a row is told in the text of a template, in which "\n" has become a
// line feed. The first that fits counts.
struct Marks {
  std::string_view name;
  std::array<std::string_view, 3> all_of;  // empty: nothing more
  std::array<std::string_view, 3> none_of = {};
};
constexpr Marks kMarks[] = {
    {.name = "granite", .all_of = {"<|start_of_role|>", "<|end_of_role|>"}},
    {.name = "llama3.1",
     .all_of = {"<|start_header_id|>", "<|end_header_id|>",
                "Cutting Knowledge Date: December 2023"}},
    {.name = "llama3",
     .all_of = {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}},
    // <|im_sep|>: Phi-4's, another one.
    {.name = "chatml",
     .all_of = {"<|im_start|>", "<|im_end|>"},
     .none_of = {"<|im_sep|>"}},
    {.name = "zephyr",
     .all_of = {"'<|user|>\n' + message['content'] + eos_token",
                "<|assistant|>"}},
    // <<SYS>>: Llama 2's; [SYSTEM_PROMPT]: Mistral's from v7 on.
    {.name = "mistral-v3",
     .all_of = {"[INST]", "[/INST]"},
     .none_of = {"<<SYS>>", "[SYSTEM_PROMPT]"}},
};

// Between what a template has its default system text.
struct Brackets {
  std::string_view before;
  std::string_view after;
};
constexpr Brackets kDefaultSystem[] = {
    {"<|im_start|>system\n", "<|im_end|>"},
    {"<|start_of_role|>system<|end_of_role|>", "<|end_of_text|>"},
    {"default_system_message = '", "'"},
};

std::string WithLineFeeds(std::string_view jinja) {
  std::string text;
  text.reserve(jinja.size());
  for (size_t i = 0; i < jinja.size(); ++i) {
    const bool is_line_feed = jinja.substr(i, 2) == "\\n";
    text.push_back(is_line_feed ? '\n' : jinja[i]);
    if (is_line_feed) ++i;
  }
  return text;
}

bool Has(std::string_view text, std::string_view mark) {
  return text.find(mark) != text.npos;
}

bool Fits(const Marks& marks, std::string_view text) {
  return std::ranges::all_of(marks.all_of,
                             [&](auto mark) { return Has(text, mark); }) &&
         std::ranges::none_of(marks.none_of, [&](auto mark) {
           return !mark.empty() && Has(text, mark);
         });
}

// What stands between the brackets as it is: nothing that is computed.
std::optional<std::string> LiteralBetween(std::string_view text,
                                          const Brackets& brackets) {
  for (size_t at = text.find(brackets.before); at != text.npos;
       at = text.find(brackets.before, at + 1)) {
    const size_t begin = at + brackets.before.size();
    const size_t end = text.find(brackets.after, begin);
    if (end == text.npos) break;
    const std::string_view literal = text.substr(begin, end - begin);
    const bool is_computed = literal.find_first_of("'\"{}\\") != literal.npos;
    if (!is_computed && !literal.empty()) return std::string(literal);
  }
  return std::nullopt;
}

}  // namespace

std::span<const ChatTemplate> ChatTemplates() {
  return kRows;
}

const ChatTemplate* FindChatTemplate(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &ChatTemplate::name);
  return row == std::end(kRows) ? nullptr : row;
}

std::string ChatTemplateNames() {
  std::string names;
  for (const ChatTemplate& row : kRows) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

RecognisedChat RecogniseChatTemplate(std::string_view jinja,
                                     bool has_inst_token) {
  const std::string text = WithLineFeeds(jinja);
  const auto marks = std::ranges::find_if(
      kMarks, [&text](const Marks& each) { return Fits(each, text); });
  if (marks == std::end(kMarks)) return {};
  const bool is_first_mistral = marks->name == "mistral-v3" && !has_inst_token;
  RecognisedChat recognised{
      .row = FindChatTemplate(is_first_mistral ? "mistral-v1" : marks->name),
      .default_system = std::nullopt};
  if (recognised.row->system_place != SystemPlace::kOwnMessage) {
    return recognised;
  }
  for (const Brackets& brackets : kDefaultSystem) {
    if (!recognised.default_system) {
      recognised.default_system = LiteralBetween(text, brackets);
    }
  }
  return recognised;
}

}  // namespace krait::engine
