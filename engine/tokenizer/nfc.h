// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_NFC_H_
#define KRAIT_ENGINE_TOKENIZER_NFC_H_

#include <string>
#include <string_view>

namespace krait::engine {

// Returns the text in Unicode normalisation form C. Bytes that are not valid
// UTF-8 stay as they are. Near-linear time, whatever the text.
std::string NormalizeNfc(std::string_view text);

// True if the text has no byte above 127, and so is in form C already.
bool IsAscii(std::string_view text);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_NFC_H_
