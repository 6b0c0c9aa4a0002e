// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/generator/forget_scope.h"

#include <algorithm>

namespace krait::completion {
namespace {

bool IsAtOrBelow(std::string_view file, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (!file.starts_with(directory)) return false;
  return file.size() == directory.size() || file[directory.size()] == '/';
}

}  // namespace

bool ForgetScope::Covers(std::string_view file) const {
  return all || std::ranges::any_of(paths, [file](const std::string& path) {
           return IsAtOrBelow(file, path);
         });
}

}  // namespace krait::completion
