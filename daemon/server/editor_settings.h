// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_EDITOR_SETTINGS_H_
#define KRAIT_DAEMON_SERVER_EDITOR_SETTINGS_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/config/config.h"
#include "lsp/window.h"

namespace krait::daemon {

// The settings of one session: those that it began with, and what its editor
// has set over them. Thread-compatible.
class EditorSettings {
 public:
  // Shows a problem to the user.
  using Tell = std::function<void(lsp::MessageType, std::string)>;

  // `base`: what holds where the editor has set nothing.
  EditorSettings(Config base, Tell tell)
      : tell_(std::move(tell)), base_(std::move(base)), now_(base_) {}

  const CompletionOptions& completion() const { return now_.completion; }
  const CompletionRules& rules() const { return now_.rules; }

  // From `initialize`: holds for the whole session, unless changed. `bare`:
  // they may be the settings themselves, without "krait".
  void Begin(std::string_view initialization_options, bool bare);
  // All that the editor has for krait by now, in the place of what it changed
  // before: an object with "krait" in it, or with `bare` what would be in
  // there. Without "krait" there is nothing.
  void Change(std::string_view settings, bool bare);

 private:
  void Show(const std::vector<ConfigProblem>& problems) const;

  const Tell tell_;
  Config base_;
  Config now_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_EDITOR_SETTINGS_H_
