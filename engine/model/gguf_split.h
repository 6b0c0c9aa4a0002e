// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_GGUF_SPLIT_H_
#define KRAIT_ENGINE_MODEL_GGUF_SPLIT_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "engine/error.h"
#include "engine/file/gguf.h"

namespace krait::engine {

// A model may be split into files "NAME-00001-of-00003.gguf": the first holds
// the metadata, each holds some of the tensors, and each says in its keys
// split.no and split.count which of how many it is.

// More parts than this are refused.
inline constexpr size_t kMaxSplitParts = 1024;

// Returns the names of all parts, in order, if `path` is named as one of
// several; else nothing. Looks at no file.
std::vector<std::filesystem::path> SplitParts(
    const std::filesystem::path& path);

// Returns the one of a model's files that has the metadata: `path`, or the
// first part if it is named as another.
std::filesystem::path MetadataFile(const std::filesystem::path& path);

// A model's GGUF files, the one with the metadata first. Never empty.
using GgufParts = std::vector<std::unique_ptr<GgufFile>>;

// Opens the file, and if it says that it is a part of a model all others too,
// whichever of them was named. The error names the parts that are missing, or
// the one that does not belong to the others.
Result<GgufParts> OpenGgufParts(const std::filesystem::path& path);

// Checks what a part says of itself: number `index` of `count`.
Status CheckPart(const GgufFile& part, size_t index, size_t count);

// Returns how many parts a file says that its model has: 1 if nothing.
Result<size_t> PartCount(const GgufFile& gguf);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_GGUF_SPLIT_H_
