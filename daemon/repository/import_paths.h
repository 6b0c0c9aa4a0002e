// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_IMPORT_PATHS_H_
#define KRAIT_DAEMON_REPOSITORY_IMPORT_PATHS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace krait::repository {

// Tells which files of a repository an import means, from the ends of their
// paths: `a.b` or "a/b.h" is the file whose path ends so. No build system is
// asked, so it may be another file of that name; if several are, the one
// nearest to the importing file is taken.
//
// Immutable but for Add; thread-compatible.
class ImportPaths {
 public:
  // A file, by its path in the repository.
  void Add(std::string path);

  // Returns the files that an import of `module`, as it is written in the file
  // at `importer`, in a language as grammars/language.h names it, is of: one,
  // or for a package of Go its first few. None if it is not in the repository.
  std::vector<std::string> Find(std::string_view module,
                                std::string_view importer,
                                std::string_view language) const;

  size_t size() const { return paths_.size(); }

 private:
  // `extension`: that the file must have, with its dot; nothing: any.
  const std::string* Nearest(const std::vector<std::string>& parts,
                             std::string_view importer,
                             std::optional<std::string_view> extension) const;

  std::vector<std::string> paths_;
  // The places in paths_ by the last name, without its extension; and by the
  // folder.
  std::unordered_map<std::string, std::vector<size_t>> by_name_;
  std::unordered_map<std::string, std::vector<size_t>> by_folder_;
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_IMPORT_PATHS_H_
