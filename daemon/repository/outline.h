// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_OUTLINE_H_
#define KRAIT_DAEMON_REPOSITORY_OUTLINE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/repository/read_file.h"
#include "grammars/syntax_types.h"

namespace krait::repository {

// A declaration, as somebody who uses it wants to see it.
struct OutlineEntry {
  std::string name;
  // The declaration around it, as a place in the outline; kNone: none.
  size_t container = kNone;
  size_t line = 1;  // from 1
  // Without its body, on one line, as far indented as it stands; with a
  // newline.
  std::string text;

  bool operator==(const OutlineEntry&) const = default;
  static constexpr size_t kNone = static_cast<size_t>(-1);
};
using Outline = std::vector<OutlineEntry>;

// Returns what a file declares, in its order; nothing in a language without a
// grammar, and of what is too large or nested to be parsed quickly. Never
// fails. Thread-safe.
Outline OutlineOf(std::string_view path,
                  const std::shared_ptr<const std::string>& text);

// Returns where in a text its outline is, a byte or two for a declaration: what
// makes the outline of the same text without a parse. `declared` is of that
// text, in its order.
std::string PackOutline(const std::vector<grammars::Symbol>& declared,
                        std::string_view text);
// Of what was packed of another text, or is damaged: some outline. Costs some
// 100 ns for a declaration and reading the text once. Thread-safe.
Outline UnpackOutline(std::string_view packed, std::string_view text);

// Keeps the outlines of files as long as these are the same. Thread-compatible.
class OutlineCache {
 public:
  // What `stamp` says tells the file's states apart. The outline is there until
  // so many others were kept later.
  const Outline& Keep(const std::string& path, const FileStamp& stamp,
                      Outline outline);
  // Returns the outline if it is there; null if not.
  const Outline* Find(const std::string& path, const FileStamp& stamp);

 private:
  // With their texts some megabytes.
  static constexpr size_t kMost = 2048;
  struct Entry {
    std::string path;
    FileStamp stamp;
    Outline outline;
  };
  std::list<Entry> entries_;  // the last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_OUTLINE_H_
