// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_tokenizer.h"

#include <fmt/format.h>

#include <string>
#include <system_error>

namespace krait::engine {
namespace {

using Path = std::filesystem::path;

bool IsFile(const Path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored);
}

// Returns the highest of "tokenizer.model.v1", "...v3", "mistral....model.v2",
// or an empty path.
Path FindVersionedModel(const Path& directory) {
  constexpr std::string_view kMark = ".model.v";
  Path best;
  int best_version = -1;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const size_t mark = name.rfind(kMark);
    if (mark == std::string::npos || !IsFile(it->path())) continue;
    const std::string version = name.substr(mark + kMark.size());
    if (version.size() != 1 || version[0] < '0' || version[0] > '9') continue;
    if (version[0] - '0' <= best_version) continue;
    best_version = version[0] - '0';
    best = it->path();
  }
  return best;
}

Path FindTokenizer(const Path& directory) {
  if (IsFile(directory / "tokenizer.model")) {
    return directory / "tokenizer.model";
  }
  if (const Path versioned = FindVersionedModel(directory);
      !versioned.empty()) {
    return versioned;
  }
  for (const char* name : {"tokenizer.json", "tekken.json"}) {
    if (IsFile(directory / name)) return directory / name;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> LoadHfTokenizer(const Path& directory,
                                                   size_t vocab,
                                                   const FimChoice& fim) {
  const Path file = FindTokenizer(directory);
  if (file.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{}: expected a tokenizer: tokenizer.model, "
                                 "tokenizer.json or tekken.json",
                                 directory.string()));
  }
  Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::FromFile(file, fim);
  if (!tokenizer) {
    // A file that vanished in between must not read as "has no tokenizer".
    Error error = tokenizer.error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kIo;
    return error;
  }
  if ((*tokenizer)->vocab_size() > vocab) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: expected at most the model's {} tokens, "
                    "found {}",
                    file.string(), vocab, (*tokenizer)->vocab_size()));
  }
  return tokenizer;
}

}  // namespace krait::engine
