// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_FILE_NAMES_H_
#define KRAIT_DAEMON_MODELS_FILE_NAMES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace krait::models {

// What names of files say. Names come from servers: nothing is believed.

// Whether a relative path can be joined to a folder and stays in it: parts of
// at most 255 bytes without ".", "..", empty ones, control characters and
// backslashes; none begins with "-".
bool IsSafePath(std::string_view path);

// "NAME-00002-of-00003.gguf" (or .safetensors) is part 2 of 3 of NAME.
struct SplitName {
  std::string base;  // "dir/NAME"
  size_t part = 0;   // from 1
  size_t parts = 0;
};
std::optional<SplitName> ParseSplitName(std::string_view path);

// Returns the path without its extension, and without the "-00001-of-00003" of
// a part.
std::string ModelStem(std::string_view path);

// Whether it is the file by which a model in GGUF is opened: not a later part,
// nor what goes with a model (projectors, drafts, importance matrices).
bool IsGgufModelName(std::string_view path);

// Whether `name` has the tag `tag` between two of . - _ / (or at its ends), in
// any case of letters: "Q8_0" in "a-Q8_0.gguf".
bool HasTag(std::string_view name, std::string_view tag);

// In lower case (ASCII).
std::string LowerCased(std::string_view text);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_FILE_NAMES_H_
