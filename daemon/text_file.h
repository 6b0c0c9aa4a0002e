// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TEXT_FILE_H_
#define KRAIT_DAEMON_TEXT_FILE_H_

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// The largest file or standard input that is read into memory.
inline constexpr size_t kMaxTextBytes = size_t{256} << 20;

// Reads a whole regular file (or, with "-", standard input).
base::Result<std::string> ReadText(const std::filesystem::path& path);

// Fails unless `text` is UTF-8 without zero bytes: what else an editor would
// not send, and the model has never seen. `name` is for the message.
base::Status CheckIsText(std::string_view text, const std::string& name);

// Reads a stream to its end; `name` is for messages.
base::Result<std::string> ReadStream(std::FILE* stream,
                                     const std::string& name);

// Writes a file, replacing what was there.
base::Status WriteBytes(const std::filesystem::path& path,
                        std::string_view bytes);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TEXT_FILE_H_
