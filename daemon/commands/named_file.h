// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_NAMED_FILE_H_
#define KRAIT_DAEMON_COMMANDS_NAMED_FILE_H_

#include <filesystem>
#include <string>

#include "base/result.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/session/file_lookup.h"

namespace krait::daemon {

// A file that the user named on the command line, for the model to read.
struct NamedFile {
  std::filesystem::path path;  // absolute
  FileFacts facts;
  std::string text;
};

// Reads it, if the rules allow that by all of its names and it is text. Errors
// begin with the name as it was given.
base::Result<NamedFile> ReadNamedFile(const std::string& name,
                                      const completion::FileRules& rules);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_NAMED_FILE_H_
