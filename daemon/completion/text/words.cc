// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/words.h"

namespace krait::completion {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace krait::completion
