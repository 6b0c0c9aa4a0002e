// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_WORD_BYTES_H_
#define KRAIT_GRAMMARS_WORD_BYTES_H_

namespace krait::grammars {

// Whether a byte can be of an identifier: letters, digits, "_", and all of
// UTF-8 that is not ASCII.
constexpr bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_WORD_BYTES_H_
