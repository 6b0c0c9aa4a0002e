// SPDX-License-Identifier: Apache-2.0
#include "lsp/window.h"

#include <mutex>
#include <utility>

#include "lsp/json_writer.h"

namespace krait::lsp {

RawJson ToJson(const MessageParams& params) {
  return Serialize({{"type", static_cast<int>(params.type)},
                    {"message", JsonString(params.message)}});
}

void LogMessage(Client& client, MessageType type, std::string_view message) {
  client.Notify("window/logMessage",
                MessageParams{.type = type, .message = std::string(message)});
}

void ShowMessage(Client& client, MessageType type, std::string_view message) {
  client.Notify("window/showMessage",
                MessageParams{.type = type, .message = std::string(message)});
}

// Shared with the callback of the create request, which may come after the
// Progress is gone.
struct Progress::State : std::enable_shared_from_this<State> {
  enum class Phase { kAsking, kShown, kRefused, kFinished };

  State(std::shared_ptr<Client> owner, std::string name, std::string heading)
      : client(std::move(owner)),
        token(std::move(name)),
        title(std::move(heading)) {}

  void Ask() {
    client->Call("window/workDoneProgress/create",
                 Serialize({{"token", JsonString(token)}}),
                 [self = shared_from_this()](const Result<RawJson>& answer) {
                   self->HandleAnswer(answer.has_value());
                 });
  }

  void HandleAnswer(bool agreed) {
    const std::lock_guard lock(mutex);
    if (phase != Phase::kAsking) return;
    phase = agreed ? Phase::kShown : Phase::kRefused;
    if (agreed) Send("begin");
  }

  void Report(std::string text, std::optional<uint32_t> percent) {
    const std::lock_guard lock(mutex);
    message = std::move(text);
    if (percent) percentage = percent;
    if (phase == Phase::kShown) Send("report");
  }

  // What was never shown needs no end.
  void Finish(std::string text) {
    const std::lock_guard lock(mutex);
    message = std::move(text);
    if (phase == Phase::kShown) Send("end");
    phase = Phase::kFinished;
  }

  // With the mutex held, so that the order stays.
  void Send(std::string_view kind) {
    boost::json::object value{{"kind", kind}};
    if (kind == "begin") value["title"] = JsonString(title);
    if (!message.empty()) value["message"] = JsonString(message);
    if (percentage && kind != "end") value["percentage"] = *percentage;
    client->Notify("$/progress", Serialize({{"token", JsonString(token)},
                                            {"value", std::move(value)}}));
  }

  const std::shared_ptr<Client> client;
  const std::string token;
  const std::string title;
  std::mutex mutex;  // guards the rest
  Phase phase = Phase::kAsking;
  std::string message;
  std::optional<uint32_t> percentage;
};

Progress::Progress(std::shared_ptr<Client> client, std::string token,
                   std::string title)
    : state_(std::make_shared<State>(std::move(client), std::move(token),
                                     std::move(title))) {
  state_->Ask();
}

Progress::~Progress() {
  Finish();
}

void Progress::Report(std::string message, std::optional<uint32_t> percentage) {
  state_->Report(std::move(message), percentage);
}

void Progress::Finish(std::string message) {
  state_->Finish(std::move(message));
}

}  // namespace krait::lsp
