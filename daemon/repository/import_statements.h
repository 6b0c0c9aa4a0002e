// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_IMPORT_STATEMENTS_H_
#define KRAIT_DAEMON_REPOSITORY_IMPORT_STATEMENTS_H_

#include <string>
#include <string_view>
#include <vector>

namespace krait::repository {

// Returns the beginning of a text up to the blank line behind the last line
// that looks like an import, of the first kilobytes: most keystrokes are behind
// it, and change nothing in it.
std::string_view ImportStatements(std::string_view text);

// Returns the modules that such statements import, as they are written there,
// in their order. Of Python's "from a import b" first a.b: b may be a module.
// `path` and `language`: of the file.
std::vector<std::string> ReadImports(std::string_view path,
                                     std::string_view language,
                                     std::string_view statements);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_IMPORT_STATEMENTS_H_
