// SPDX-License-Identifier: Apache-2.0
//
// A loop of questions and answers on the main thread, which runs the model
// itself. While it waits for a line it reads what the next prompt begins with;
// while it answers it looks for Ctrl-C.
#include "daemon/commands/chat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

#include "daemon/chat/chat_sampling.h"
#include "daemon/chat/conversation.h"
#include "daemon/chat/file_context.h"
#include "daemon/chat/interrupts.h"
#include "daemon/chat/line_input.h"
#include "daemon/chat/message_lines.h"
#include "daemon/chat/terminal_text.h"
#include "daemon/commands/named_file.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr std::string_view kHelp =
    "A line is a message. One that ends with a backslash goes on in the next "
    "line;\nlines between two lines of \"\"\" belong together, and so does "
    "what is pasted.\n"
    "Ctrl-C stops an answer; Ctrl-D, or Ctrl-C twice, ends.\n"
    "/clear begins a new conversation, /help shows this.";

std::string Printed(std::string_view text, bool terminal) {
  return terminal ? TerminalText(text) : std::string(text);
}

base::Result<std::string> ReadContext(const ChatArguments& arguments) {
  std::string context;
  for (const std::string& name : arguments.files) {
    const auto file = ReadNamedFile(name, arguments.rules.files);
    if (!file) return file.error();
    context += FileContext(name, file->text);
  }
  return context;
}

// The options of a model's conversations; the context is the caller's.
ConversationOptions OptionsFor(const ChatArguments& arguments,
                               const engine::ChatHints& hints) {
  ConversationOptions options;
  options.system = arguments.system;
  engine::SamplingHints asked = arguments.sampling;
  if (arguments.greedy) asked.temperature = 0;
  options.sampler = ChooseSampling(asked, hints.sampling);
  if (arguments.greedy) options.sampler.repetition_penalty = 1;
  options.sampler.seed =
      arguments.seed ? *arguments.seed : std::random_device()();
  options.max_tokens = arguments.max_tokens;
  // The conversation itself is in memory anyhow, so that this costs nothing
  // until there are several.
  options.state_bytes =
      std::max(arguments.model.state_bytes, ProcessMemoryLimit().bytes / 2);
  return options;
}

base::Result<std::unique_ptr<Conversation>> Begin(
    const ChatArguments& arguments, const LoadedModel& loaded,
    std::string context) {
  const std::string name = loaded.path.string();
  if (!loaded.model->has_tokenizer()) {
    return MakeError(ErrorCode::kBadFile,
                     name + ": has no tokenizer, so it cannot chat");
  }
  const auto hints = engine::ReadChatHints(loaded.path);
  if (!hints) return hints.error();
  auto format = engine::ChooseChatFormat(loaded.model->tokenizer(),
                                         arguments.row, hints->jinja);
  if (!format) {
    return MakeError(
        format.error().code,
        fmt::format("{}: cannot chat: {}. `krait model list` shows your "
                    "models, and --model takes another",
                    name, format.error().message));
  }
  ConversationOptions options = OptionsFor(arguments, *hints);
  options.context = std::move(context);
  return std::make_unique<Conversation>(loaded.model, *loaded.pool,
                                        std::move(*format), std::move(options));
}

// Standard input and output, and who talks there.
class ChatLoop {
 public:
  ChatLoop(Conversation& conversation, Interrupts* interrupts, bool plain)
      : conversation_(conversation),
        interrupts_(interrupts),
        input_(STDIN_FILENO, interrupts),
        plain_(plain),
        colours_(!plain && UseColours(STDOUT_FILENO)) {}

  int Run(const std::string& name) {
    Note(fmt::format("{}. /help says how to write; Ctrl-D ends.", name));
    if (!plain_) Print("\x1b[?2004h");
    int status = kExitOk;
    while (status == kExitOk && NextMessage()) status = React(lines_.Take());
    if (!plain_) Print("\x1b[?2004l");
    return FinishOutput(status);
  }

 private:
  void Note(std::string_view text) {
    if (!plain_) PrintLine(Dimmed(text, colours_));
  }

  // Reads lines until there is a message; false: nobody wants to say more.
  bool NextMessage() {
    bool interrupted = false;
    while (true) {
      if (!plain_) Print(lines_.begun() ? ". " : Bold("> ", colours_));
      (void)std::fflush(stdout);
      std::string line;
      switch (input_.Next(&line, [this] { return conversation_.Warm(); })) {
        case InputEvent::kLine:
          interrupted = false;
          if (lines_.Add(line)) return true;
          break;
        case InputEvent::kInterrupt:
          if (interrupted) return EndLine();
          interrupted = true;
          (void)lines_.Take();
          EndLine();
          Note("Ctrl-C once more, or Ctrl-D, ends.");
          break;
        case InputEvent::kEnd:
          if (lines_.begun()) return true;
          return EndLine();
      }
    }
  }

  bool EndLine() {
    if (!plain_) Print("\n");
    return false;
  }

  // Returns kExitOk to go on.
  int React(const std::string& message) {
    if (message.find_first_not_of(" \t\n") == message.npos) return kExitOk;
    if (message == "/clear") {
      conversation_.Clear();
      Note("A new conversation.");
      return kExitOk;
    }
    if (message == "/help") {
      Note(kHelp);
      return kExitOk;
    }
    if (const auto is_text = CheckIsText(message, "the message"); !is_text) {
      return Refuse(is_text.error());
    }
    const auto answer = conversation_.Ask(
        message, [this](std::string_view text) { Show(text); },
        [this] { return interrupts_ != nullptr && interrupts_->Take(); });
    if (!answer) return Refuse(answer.error());
    if (shown_) Print("\n");
    Explain(*answer);
    shown_ = false;
    return std::ferror(stdout) != 0 ? kExitInternal : kExitOk;
  }

  void Show(std::string_view text) {
    Print(Printed(text, !plain_));
    (void)std::fflush(stdout);
    shown_ = true;
  }

  // An error of one message ends a conversation only where nobody reads it.
  int Refuse(base::Error error) {
    if (error.code == ErrorCode::kInvalidArgument && !plain_) {
      error.message += "; /clear begins a new conversation";
    }
    const int status = ReportError(error);
    return error.code == ErrorCode::kInvalidArgument && !plain_ ? kExitOk
                                                                : status;
  }

  void Explain(const Answer& answer) {
    switch (answer.end) {
      case AnswerEnd::kComplete:
        break;
      case AnswerEnd::kStopped:
        Note("(stopped)");
        break;
      case AnswerEnd::kMaxTokens:
        Tell(fmt::format("the answer was cut after {} tokens (--max-tokens)",
                         answer.tokens));
        break;
      case AnswerEnd::kContextFull:
        Tell(
            fmt::format("the answer was cut: the conversation fills the "
                        "model's {} tokens; /clear begins a new one",
                        conversation_.context_tokens()));
        break;
    }
  }

  // What a reader of plain answers must know, too.
  void Tell(const std::string& text) {
    if (plain_) {
      std::fflush(stdout);
      PrintError(text);
    } else {
      Note("(" + text + ")");
    }
  }

  Conversation& conversation_;
  Interrupts* const interrupts_;
  LineInput input_;
  MessageLines lines_;
  const bool plain_;
  const bool colours_;
  bool shown_ = false;  // something of the answer
};

}  // namespace

int RunChat(const ChatArguments& arguments) {
  auto context = ReadContext(arguments);
  if (!context) return ReportError(context.error());
  const bool from_terminal = isatty(STDIN_FILENO) == 1;
  const bool plain = !from_terminal || isatty(STDOUT_FILENO) != 1;
  // Before the model's threads.
  std::optional<Interrupts> interrupts;
  if (from_terminal) interrupts.emplace();
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  const auto conversation = Begin(arguments, *loaded, std::move(*context));
  if (!conversation) return ReportError(conversation.error());
  ChatLoop loop(**conversation, interrupts ? &*interrupts : nullptr, plain);
  return loop.Run(fmt::format("{} ({})", loaded->path.filename().string(),
                              (*conversation)->format().row().name));
}

}  // namespace krait::daemon
