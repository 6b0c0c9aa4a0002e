// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_WORDS_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_WORDS_H_

namespace krait::completion {

// Whether a byte is of an identifier or a number; every byte beyond ASCII
// counts as one.
bool IsWordByte(char c);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_WORDS_H_
