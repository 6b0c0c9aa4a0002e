// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/identifiers.h"

#include "daemon/completion/text/words.h"

namespace krait::repository {

void ForEachIdentifier(
    std::string_view text,
    const std::function<void(std::string_view name)>& on_name) {
  for (size_t at = 0; at < text.size();) {
    if (!completion::IsWordByte(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && completion::IsWordByte(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    const bool number = name[0] >= '0' && name[0] <= '9';
    if (!number && name.size() >= kLeastIdentifier) on_name(name);
    at = end;
  }
}

}  // namespace krait::repository
