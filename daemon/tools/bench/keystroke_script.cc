// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_script.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

constexpr std::string_view kTyped =
    "result = collect_values(items, limit=limit, offset=offset + 1) or default";
constexpr std::string_view kTypedAtLineEnd = "  # checked before the next one";
constexpr std::string_view kEdited = "  # edited";

// Shorter lines say little.
constexpr size_t kFewestCharacters = 10;

size_t LineBegin(std::string_view text, size_t ofs) {
  if (ofs == 0) return 0;
  const size_t newline = text.rfind('\n', ofs - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

size_t LineEnd(std::string_view text, size_t ofs) {
  return std::min(text.find('\n', ofs), text.size());
}

size_t CountLines(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

size_t IndentationEnd(std::string_view text, size_t line_begin) {
  const size_t code = text.find_first_not_of(" \t", line_begin);
  return std::min(std::min(code, text.size()), LineEnd(text, line_begin));
}

// Returns the begin of line `line`, or of the first one after it that holds
// some code, or else of the last line.
size_t BeginOfLine(std::string_view text, size_t line) {
  size_t begin = 0;
  for (; line > 0 && LineEnd(text, begin) < text.size(); --line) {
    begin = LineEnd(text, begin) + 1;
  }
  while (LineEnd(text, begin) - IndentationEnd(text, begin) <
             kFewestCharacters &&
         LineEnd(text, begin) + 1 < text.size()) {
    begin = LineEnd(text, begin) + 1;
  }
  return begin;
}

size_t LineOf(std::string_view text, size_t ofs) {
  return CountLines(text.substr(0, ofs));
}

// Keeps the files as they are at each step, and notes the steps.
class ScriptWriter {
 public:
  ScriptWriter(std::vector<ScriptFile> files, const ScriptOptions& options)
      : options_(options) {
    std::string& text = files[0].text;
    const auto line = static_cast<size_t>(
        static_cast<double>(CountLines(text)) * options.place);
    cursor_ = IndentationEnd(text, BeginOfLine(text, line));
    text.erase(cursor_, LineEnd(text, cursor_) - cursor_);
    script_.files = std::move(files);
    for (const ScriptFile& file : script_.files) texts_.push_back(file.text);
  }

  KeystrokeScript Write() {
    if (Wants(StepKind::kCold)) Ask(StepKind::kCold, 0, {}, cursor_);
    TypeHere(StepKind::kType, options_.typed);
    Backspace();
    Jump();
    EditAbove();
    Bracket();
    Near();
    Switch();
    TypeHere(StepKind::kRestart, 1);
    return std::move(script_);
  }

 private:
  bool Wants(StepKind kind) const { return options_.steps.contains(kind); }
  const std::string& text() const { return texts_[0]; }

  void Ask(StepKind kind, size_t file, std::optional<TextEdit> edit,
           size_t cursor_ofs) {
    if (edit) ApplyEdit(*edit, &texts_[file]);
    script_.steps.push_back({.kind = kind,
                             .file = file,
                             .edit = std::move(edit),
                             .cursor_ofs = cursor_ofs});
  }

  // Returns the place behind the character.
  size_t Type(StepKind kind, size_t file, size_t ofs, char typed) {
    Ask(kind, file, TextEdit{.begin_ofs = ofs, .end_ofs = ofs, .text = {typed}},
        ofs + 1);
    return ofs + 1;
  }

  void TypeHere(StepKind kind, size_t characters) {
    if (!Wants(kind)) return;
    for (size_t i = 0; i < characters; ++i) {
      cursor_ = Type(kind, 0, cursor_, kTyped[typed_++ % kTyped.size()]);
    }
  }

  void Backspace() {
    if (!Wants(StepKind::kBackspace)) return;
    const size_t begin = IndentationEnd(text(), LineBegin(text(), cursor_));
    for (size_t i = 0; i < options_.backspaced && cursor_ > begin; ++i) {
      --cursor_;
      --typed_;
      Ask(StepKind::kBackspace, 0,
          TextEdit{.begin_ofs = cursor_, .end_ofs = cursor_ + 1}, cursor_);
    }
  }

  // The end of a line some lines up.
  size_t EndOfLineAbove(size_t lines) const {
    const size_t line = LineOf(text(), cursor_);
    const size_t begin = BeginOfLine(text(), line - std::min(lines, line / 2));
    return LineEnd(text(), std::min(begin, LineBegin(text(), cursor_)));
  }

  void Jump() {
    if (!Wants(StepKind::kJump)) return;
    size_t there = EndOfLineAbove(options_.jump_lines);
    Ask(StepKind::kJump, 0, {}, there);
    if (Wants(StepKind::kJumpType)) {
      for (size_t i = 0; i < options_.typed_after; ++i) {
        there = Type(StepKind::kJumpType, 0, there,
                     kTypedAtLineEnd[i % kTypedAtLineEnd.size()]);
        if (there - 1 <= cursor_) ++cursor_;
      }
    }
    if (Wants(StepKind::kBack)) Ask(StepKind::kBack, 0, {}, cursor_);
  }

  void EditAbove() {
    if (!Wants(StepKind::kEditAbove)) return;
    const size_t there = EndOfLineAbove(options_.edit_lines_above);
    if (there <= cursor_) cursor_ += kEdited.size();
    Ask(StepKind::kEditAbove, 0,
        TextEdit{
            .begin_ofs = there, .end_ofs = there, .text = std::string(kEdited)},
        cursor_);
    TypeHere(StepKind::kEditType, (options_.typed_after + 2) / 3);
  }

  void Bracket() {
    if (!Wants(StepKind::kBracket)) return;
    const TextEdit edit{.begin_ofs = cursor_, .end_ofs = cursor_, .text = "()"};
    Ask(StepKind::kBracket, 0, edit, ++cursor_);
  }

  void Near() {
    if (!Wants(StepKind::kNear)) return;
    Ask(StepKind::kNear, 0, {}, EndOfLineAbove(options_.near_lines));
  }

  // A place in the middle of a line in the middle of another file.
  static size_t PlaceIn(std::string_view text) {
    const size_t begin = BeginOfLine(text, CountLines(text) / 2);
    const size_t code = IndentationEnd(text, begin);
    size_t place = code + (LineEnd(text, begin) - code) / 2;
    // Not within a character.
    while (place > code && place < text.size() && (text[place] & 0xC0) == 0x80)
      --place;
    return place;
  }

  void Switch() {
    if (!Wants(StepKind::kVisit)) return;
    std::vector<size_t> places = {cursor_};
    for (size_t i = 1; i < texts_.size(); ++i) {
      places.push_back(PlaceIn(texts_[i]));
      Ask(StepKind::kVisit, i, {}, places.back());
    }
    if (!Wants(StepKind::kRevisit)) return;
    TypeHere(StepKind::kRevisit, 1);
    for (size_t i = 1; i < texts_.size(); ++i) {
      (void)Type(StepKind::kRevisit, i, places[i], 'n');
    }
  }

  ScriptOptions options_;
  KeystrokeScript script_;
  std::vector<std::string> texts_;
  size_t cursor_ = 0;  // in the first file
  size_t typed_ = 0;   // characters of kTyped that are there
};

}  // namespace

std::string_view StepName(StepKind kind) {
  switch (kind) {
    case StepKind::kCold:
      return "cold";
    case StepKind::kType:
      return "type";
    case StepKind::kBackspace:
      return "backspace";
    case StepKind::kJump:
      return "jump";
    case StepKind::kJumpType:
      return "jump-type";
    case StepKind::kBack:
      return "back";
    case StepKind::kEditAbove:
      return "edit-above";
    case StepKind::kEditType:
      return "edit-type";
    case StepKind::kBracket:
      return "bracket";
    case StepKind::kNear:
      return "near";
    case StepKind::kVisit:
      return "visit";
    case StepKind::kRevisit:
      return "revisit";
    case StepKind::kRestart:
      break;
  }
  return "restart";
}

std::string_view StepTitle(StepKind kind) {
  switch (kind) {
    case StepKind::kCold:
      return "first request in a file";
    case StepKind::kType:
      return "typing a character";
    case StepKind::kBackspace:
      return "removing one";
    case StepKind::kJump:
      return "cursor jumps 200 lines up";
    case StepKind::kJumpType:
      return "typing a character there";
    case StepKind::kBack:
      return "cursor comes back";
    case StepKind::kEditAbove:
      return "an edit 100 lines above";
    case StepKind::kEditType:
      return "typing a character then";
    case StepKind::kBracket:
      return "a bracket that the editor closes";
    case StepKind::kNear:
      return "cursor goes 3 lines up";
    case StepKind::kVisit:
      return "first request in another file";
    case StepKind::kRevisit:
      return "back in a file, a character";
    case StepKind::kRestart:
      break;
  }
  return "after a restart, a character";
}

void ApplyEdit(const TextEdit& edit, std::string* text) {
  text->replace(edit.begin_ofs, edit.end_ofs - edit.begin_ofs, edit.text);
}

KeystrokeScript MakeKeystrokeScript(std::vector<ScriptFile> files,
                                    const ScriptOptions& options) {
  return ScriptWriter(std::move(files), options).Write();
}

}  // namespace krait::daemon
