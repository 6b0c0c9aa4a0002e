// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_PLACE_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_PLACE_H_

#include <memory>
#include <string>
#include <vector>

namespace krait::completion {

class FileRules;

// Where a text lies in a repository, of whose other files a model may be
// reminded, and from which may be guessed what it says.
struct RepositoryPlace {
  std::string root;      // absolute
  std::string language;  // as grammars/language.h names it
  // The text itself, relative to the root (empty: not known): what lies in its
  // folder counts before the rest.
  std::string file = {};
  // Files that do not count as they lie on the disk, relative to the root: the
  // text itself, and what is open.
  std::vector<std::string> open = {};
  // What may not be read there; null: krait's own list.
  std::shared_ptr<const FileRules> rules = {};
  // Whether to wait until the files are read; for tools.
  bool wait = false;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_REPOSITORY_PLACE_H_
