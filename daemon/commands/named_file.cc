// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/named_file.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

#include "daemon/text_file.h"

namespace krait::daemon {

base::Result<NamedFile> ReadNamedFile(const std::string& name,
                                      const completion::FileRules& rules) {
  std::error_code error;
  NamedFile file;
  file.path = std::filesystem::absolute(name, error);
  file.facts = LookUpFile(file.path);
  std::vector<std::string> names = {file.path.lexically_normal().string()};
  for (const auto& path : file.facts.real_paths) {
    names.push_back(path.string());
  }
  if (const std::string why = rules.WhyUnread(names); !why.empty()) {
    return base::MakeError(base::ErrorCode::kInvalidArgument,
                           fmt::format("{}: {}", name, why));
  }
  auto text = ReadText(name);
  if (!text) return text.error();
  if (auto is_text = CheckIsText(*text, name); !is_text) {
    return is_text.error();
  }
  file.text = std::move(*text);
  return file;
}

}  // namespace krait::daemon
