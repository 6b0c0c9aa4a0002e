// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_FILE_CHOICE_H_
#define KRAIT_DAEMON_REPOSITORY_FILE_CHOICE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/completion/rules/file_rules.h"

namespace krait::repository {

// Why a file, or a folder with all that is in it, is left out of an index.
enum class LeftOut : uint8_t {
  kNot,
  kIgnored,     // by git's rules
  kHidden,      // a folder of tools: its name begins with a dot
  kNested,      // a repository of its own
  kVendored,    // of others, by the name of a folder above
  kGenerated,   // by a program, by its name or by what it says of itself
  kMinified,    // its lines are no person's
  kBinary,      // no text
  kOversized,   // more than a person writes
  kSecret,      // holds, or may hold, passwords or keys
  kNotRegular,  // a link, a pipe, a device
  kUnreadable,
};

struct Verdict {
  LeftOut left_out = LeftOut::kNot;
  std::string why = {};  // a part of a sentence: "is 3.1 MB, more than 1 MB"

  bool taken() const { return left_out == LeftOut::kNot; }
};

// One word for each, as in JSON: "ignored", "vendored"; "indexed" for kNot.
std::string_view LeftOutName(LeftOut left_out);

// The rules by which files are taken into an index, but for git's own. Each
// looks at as little of a file as it needs: at its name, then at its size, then
// at its text. Immutable, thread-safe.
class FileChoice {
 public:
  // The most that a file may have; of what programs write for programs (JSON,
  // CSV, SVG, logs) kMaxDataBytes; documents have pictures in them.
  static constexpr size_t kMaxBytes = size_t{1} << 20;
  static constexpr size_t kMaxDataBytes = size_t{128} << 10;
  static constexpr size_t kMaxNotebookBytes = size_t{8} << 20;
  static constexpr size_t kMaxPdfBytes = size_t{32} << 20;
  // By the file's name.
  static size_t MostBytes(std::string_view path);

  // `rules`: what may not be read because of what it is called, krait's own
  // list and the user's.
  explicit FileChoice(completion::FileRules rules = {});

  // `path` is relative to the repository at `root`, an absolute path.
  Verdict ByFolder(std::string_view path) const;
  Verdict ByName(const std::string& root, const std::string& path) const;
  Verdict BySize(std::string_view path, uint64_t bytes) const;
  // Of a document (document.h) what it says, not its bytes.
  Verdict ByText(std::string_view path, std::string_view text) const;

 private:
  const completion::FileRules rules_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_FILE_CHOICE_H_
