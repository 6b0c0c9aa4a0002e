// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_fim.h"

#include <fmt/format.h>

#include <string>

#include "engine/file/gguf_keys.h"
#include "engine/file/printable.h"

namespace krait::engine {

Result<FimChoice> ReadGgufFim(const GgufFile& gguf) {
  GgufKeys read(gguf, "krait.fim.");
  FimChoice fim;
  const std::string order = read.String("order", "");
  if (const auto training = FindFimTraining(order)) {
    fim.order = *training;
  } else {
    read.Fail(ErrorCode::kBadFile,
              fmt::format("key '{}': expected 'spm', 'psm', 'both' or "
                          "'emulated', found '{}'",
                          read.Name("order"), Printable(order)));
  }
  fim.prefix_token = read.String("prefix_token", "");
  fim.suffix_token = read.String("suffix_token", "");
  fim.middle_token = read.String("middle_token", "");
  fim.file_token = read.String("file_token", "");
  fim.file_separator_token = read.String("file_separator_token", "");
  fim.repository_separator_token =
      read.String("repository_separator_token", "");
  if (!read.status()) return read.status().error();
  const auto stops = gguf.FindArray(read.Name("stop_tokens"));
  if (!stops) return stops.error();
  if (*stops == nullptr) return fim;
  if ((*stops)->strings.size() != (*stops)->size()) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: key '{}': expected an array of strings",
                                 gguf.name(), read.Name("stop_tokens")));
  }
  for (const std::string_view name : (*stops)->strings) {
    fim.stop_tokens.emplace_back(name);
  }
  return fim;
}

}  // namespace krait::engine
