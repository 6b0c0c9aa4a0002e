// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_TOKEN_FILE_H_
#define KRAIT_DAEMON_HTTP_TOKEN_FILE_H_

#include <filesystem>
#include <string>

#include "base/result.h"

namespace krait::daemon {

// The file of the bearer token; empty without a home.
std::filesystem::path TokenFile();

// Reads the token of `file`, which nobody but this user may be able to read;
// makes it, of 256 random bits, if there is none. Without a file the token is a
// new one each time. An error says what is wrong with the file.
base::Result<std::string> ReadOrMakeToken(const std::filesystem::path& file);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_TOKEN_FILE_H_
