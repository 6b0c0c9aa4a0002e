// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_EDITOR_SETTINGS_H_
#define KRAIT_DAEMON_SESSION_EDITOR_SETTINGS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/config/config.h"
#include "lsp/window.h"

namespace krait::daemon {

// The settings of one session: those that it began with, and what its editor
// has set over them.
//
// An editor that is asked for them may forbid in its answer what the others
// allow: until it comes nothing is known. It is waited for so long that only
// an editor that never answers is late; nothing is read for that one.
//
// Thread-compatible.
class EditorSettings {
 public:
  // Shows a problem to the user.
  using Tell = std::function<void(lsp::MessageType, std::string)>;

  // `base`: what holds where the editor has set nothing.
  EditorSettings(Config base, Tell tell)
      : tell_(std::move(tell)), base_(std::move(base)), now_(base_) {}

  const completion::CompletionOptions& completion() const {
    return now_.completion;
  }
  const completion::CompletionRules& rules() const { return now_.rules; }
  const remote::RemoteSettings& remote() const { return now_.remote; }
  const RepositoryConfig& repository() const { return now_.repository; }

  // From `initialize`: holds for the whole session, unless changed. `bare`:
  // they may be the settings themselves, without "krait".
  void Begin(std::string_view initialization_options, bool bare);
  // All that the editor has for krait by now, in the place of what it changed
  // before: an object with "krait" in it, or with `bare` what would be in
  // there. Without "krait" there is nothing.
  void Change(std::string_view settings, bool bare);

  // The editor has sent settings that could not be read.
  void Distrust(const std::string& problem);

  // The editor is being asked for its settings. Returns the question's number,
  // by which it is answered or given up; only the last one counts.
  uint64_t Ask();
  void Answered(uint64_t question);
  // Returns whether this leaves the settings unknown.
  bool GiveUp(uint64_t question);
  // What the last question would have brought has come by another way.
  void Known() { Answered(questions_); }

  bool known() const { return answered_ == questions_; }
  // Of any document, while the settings are not known.
  completion::ReadPermission permission() const;

 private:
  void Show(const std::vector<ConfigProblem>& problems) const;

  const Tell tell_;
  Config base_;
  Config now_;
  uint64_t questions_ = 0;
  uint64_t answered_ = 0;  // the last question that needs no answer any more
  bool given_up_ = false;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_EDITOR_SETTINGS_H_
