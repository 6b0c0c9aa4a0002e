// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/words.h"

#include <cctype>

namespace krait::completion {

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

}  // namespace krait::completion
