// SPDX-License-Identifier: Apache-2.0
//
// What the editor says of settings and folders.
#include <memory>
#include <string>

#include "daemon/io/bridge_protocol.h"
#include "daemon/session/lsp_session.h"
#include "lsp/message.h"

namespace krait::daemon {
void LspSession::BindSettings() {
  dispatcher_.OnNotification<lsp::DidChangeConfigurationParams>(
      "workspace/didChangeConfiguration",
      [this](const lsp::DidChangeConfigurationParams& params) {
        ChangeSettings(params.settings);
      });
  dispatcher_.OnNotification<lsp::DidChangeWorkspaceFoldersParams>(
      "workspace/didChangeWorkspaceFolders",
      [this](const lsp::DidChangeWorkspaceFoldersParams& params) {
        documents_.RemoveFolders(params.removed);
        documents_.AddFolders(params.added);
      });
  dispatcher_.OnNotification<lsp::RawJson>(std::string(kKeptSettingsMethod),
                                           [this](const lsp::RawJson& answer) {
                                             TakeSettings(answer);
                                             settings_.Known();
                                             PermissionsChanged();
                                           });
}

void LspSession::ChangeSettings(const lsp::RawJson& settings) {
  // Clients that let themselves be asked say only that something changed.
  if (settings.text == "null" && capabilities_.configuration) {
    return AskForSettings();
  }
  settings_.Change(settings.text, /*bare=*/false);
  PermissionsChanged();
}

uint64_t LspSession::ExpectSettings() {
  const uint64_t question = settings_.Ask();
  delays_.After(patience_.of_settings, [this, question] {
    if (!settings_.GiveUp(question)) return;
    Tell(lsp::MessageType::kWarning,
         "krait reads no file until the editor answers "
         "workspace/configuration");
    PermissionsChanged();
  });
  return question;
}

void LspSession::AskForSettings() {
  if (!capabilities_.configuration) return;
  client_->Call("workspace/configuration",
                lsp::ConfigurationParams{.sections = {"krait"}},
                [weak = std::weak_ptr(self_), question = ExpectSettings()](
                    const lsp::Result<lsp::RawJson>& answer) {
                  const auto self = weak.lock();
                  if (self == nullptr) return;
                  // An editor that refuses has no settings.
                  (*self)->settings_.Answered(question);
                  if (answer) (*self)->TakeSettings(*answer);
                  (*self)->PermissionsChanged();
                });
}

void LspSession::TakeSettings(const lsp::RawJson& answer) {
  const auto sections = lsp::SplitArray(answer);
  // null: the editor knows no such section.
  // Some clients answer with the section itself.
  const std::string settings = !sections           ? answer.text
                               : sections->empty() ? "null"
                                                   : sections->front().text;
  if (settings != "null") settings_.Change(settings, /*bare=*/true);
}

}  // namespace krait::daemon
