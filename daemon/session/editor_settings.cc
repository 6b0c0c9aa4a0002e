// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/editor_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/config/settings.h"

namespace krait::daemon {

void EditorSettings::Begin(std::string_view initialization_options, bool bare) {
  const auto section =
      bare ? SettingsSection::kOptional : SettingsSection::kRequired;
  Show(ApplySessionJson(initialization_options, section,
                        "initializationOptions", &base_));
  now_ = base_;
}

void EditorSettings::Change(std::string_view settings, bool bare) {
  Config changed = base_;
  const auto section =
      bare ? SettingsSection::kOptional : SettingsSection::kRequired;
  const auto problems =
      ApplySessionJson(settings, section, "the editor's settings", &changed);
  Show(problems);
  now_ = changed;
}

void EditorSettings::Distrust(const std::string& problem) {
  Show(UnreadableSettings(problem, &now_));
}

uint64_t EditorSettings::Ask() {
  given_up_ = false;
  return ++questions_;
}

void EditorSettings::Answered(uint64_t question) {
  answered_ = std::max(answered_, question);
}

bool EditorSettings::GiveUp(uint64_t question) {
  if (known() || question != questions_) return false;
  given_up_ = true;
  return true;
}

completion::ReadPermission EditorSettings::permission() const {
  if (!given_up_) return {.pending = true};
  return {.why_not =
              "no file is read until the editor has answered "
              "workspace/configuration, as that may forbid it"};
}

void EditorSettings::Show(const std::vector<ConfigProblem>& problems) const {
  constexpr size_t kMost = 5;
  for (size_t i = 0; i < std::min(problems.size(), kMost); ++i) {
    tell_(problems[i].is_error ? lsp::MessageType::kError
                               : lsp::MessageType::kWarning,
          problems[i].message);
  }
  if (problems.size() > kMost) {
    tell_(lsp::MessageType::kWarning,
          fmt::format("{} more problems like these", problems.size() - kMost));
  }
}

}  // namespace krait::daemon
