// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_WINDOW_H_
#define KRAIT_LSP_WINDOW_H_

// What the client shows to its user: log lines, messages, progress.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/client.h"
#include "lsp/json.h"

namespace krait::lsp {

enum class MessageType : uint8_t {
  kError = 1,
  kWarning = 2,
  kInfo = 3,
  kLog = 4,
  kDebug = 5,
};

struct MessageParams {  // of window/logMessage and window/showMessage
  MessageType type = MessageType::kInfo;
  std::string message;
};
RawJson ToJson(const MessageParams& params);

void LogMessage(Client& client, MessageType type, std::string_view message);
void ShowMessage(Client& client, MessageType type, std::string_view message);

// The progress of one long task. Asks the client for a token first
// (window/workDoneProgress/create) and shows nothing until it agreed; what was
// reported meanwhile is shown then, in its last state. Use only if the client
// has the capability. Ends when destroyed. Thread-safe.
class Progress {
 public:
  Progress(std::shared_ptr<Client> client, std::string token,
           std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `percentage` is 0 to 100.
  void Report(std::string message, std::optional<uint32_t> percentage = {});
  void Finish(std::string message = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_WINDOW_H_
