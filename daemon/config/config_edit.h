// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_CONFIG_EDIT_H_
#define KRAIT_DAEMON_CONFIG_CONFIG_EDIT_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// Returns the settings with the top-level `key` set to a text: its line is
// replaced, or one is put in front of all others. All else, with its comments,
// stays as it is.
std::string WithTextSetting(std::string_view toml, std::string_view key,
                            std::string_view value);

// Makes `model` the one that the user's config.toml names, which is made if
// there is none, and returns the file. A file that would not say it afterwards
// (one with a mistake in it, or that sets it over several lines) stays as it
// is.
base::Result<std::filesystem::path> SetDefaultModel(const std::string& model);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_CONFIG_EDIT_H_
