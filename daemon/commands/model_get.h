// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_GET_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_GET_H_

#include <filesystem>
#include <string>

#include "base/result.h"

namespace krait::daemon {

struct ModelGetArguments {
  std::string source;  // see models/model_source.h
  std::string sha256;  // empty: as the server says
  bool offline = false;
  bool force = false;       // also what will not fit into memory
  bool print_urls = false;  // only say what would be fetched
  bool json = false;
};

// `krait model get M`: fetches a model unless it is here, and prints where it
// is.
int RunModelGet(const ModelGetArguments& arguments);

// The part of it that fetches, with a display, for other commands.
base::Result<std::filesystem::path> GetWithDisplay(
    const ModelGetArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_GET_H_
