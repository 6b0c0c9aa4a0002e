// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/editor_settings.h"

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
