// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SCRIPT_H_
#define KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SCRIPT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {

// What happens between two requests for a completion.
enum class StepKind : uint8_t {
  kCold,       // the first request in the first file
  kType,       // one character is typed
  kBackspace,  // one is removed
  kJump,       // the cursor goes up; nothing changes
  kJumpType,   // one character is typed there
  kBack,       // to where it came from
  kEditAbove,  // a line further up changes, the cursor stays
  kEditType,   // one character is typed after that
  kBracket,    // one is opened, which the editor closes
  kNear,       // the cursor goes up a few lines in the same function
  kVisit,      // the first request in another file
  kRevisit,    // one character is typed in a file that was left
  kRestart,    // the program starts anew, then one character is typed
};

inline constexpr std::array kAllSteps = {
    StepKind::kCold,      StepKind::kType,     StepKind::kBackspace,
    StepKind::kJump,      StepKind::kJumpType, StepKind::kBack,
    StepKind::kEditAbove, StepKind::kEditType, StepKind::kBracket,
    StepKind::kNear,      StepKind::kVisit,    StepKind::kRevisit,
    StepKind::kRestart};

// As options and JSON name it: "cold", "edit-above".
std::string_view StepName(StepKind kind);
// For tables: "typing, per character".
std::string_view StepTitle(StepKind kind);

struct ScriptFile {
  std::string name = {};  // with an extension
  std::string text = {};
};

// [begin_ofs, end_ofs) becomes `text`.
struct TextEdit {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  std::string text = {};
};

// An edit or none, then a request for a completion.
struct KeystrokeStep {
  StepKind kind = StepKind::kCold;
  size_t file = 0;
  std::optional<TextEdit> edit = {};
  size_t cursor_ofs = 0;  // after the edit
};

struct ScriptOptions {
  std::set<StepKind> steps{kAllSteps.begin(), kAllSteps.end()};
  size_t typed = 40;        // characters
  size_t typed_after = 10;  // after a jump; a third of it after an edit above
  size_t backspaced = 10;
  size_t jump_lines = 200;  // or half of what is above
  size_t edit_lines_above = 100;
  size_t near_lines = 3;
  double place = 0.5;  // of the cursor in the first file, 0 to 1
};

struct KeystrokeScript {
  std::vector<ScriptFile> files = {};  // as they are opened
  std::vector<KeystrokeStep> steps = {};
};

// Writes down the session. `files` must not be empty; the first is where most
// happens: at `place` the rest of a line is removed, to be typed anew.
KeystrokeScript MakeKeystrokeScript(std::vector<ScriptFile> files,
                                    const ScriptOptions& options);

void ApplyEdit(const TextEdit& edit, std::string* text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SCRIPT_H_
