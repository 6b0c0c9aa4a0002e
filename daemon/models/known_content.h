// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_KNOWN_CONTENT_H_
#define KRAIT_DAEMON_MODELS_KNOWN_CONTENT_H_

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "daemon/models/digest.h"

namespace krait::models {

// What a file's content was when it was fetched: the caches of the hub and of
// Ollama name files by their hashes, and beside one in krait's folder lies
// FILE.sha256, as sha256sum writes it. kUnknown: nothing says it.
ContentName KnownContent(const std::filesystem::path& file);

// Writes FILE.sha256.
base::Status NoteContent(const std::filesystem::path& file,
                         std::string_view sha256);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_KNOWN_CONTENT_H_
