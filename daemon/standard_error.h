// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_STANDARD_ERROR_H_
#define KRAIT_DAEMON_STANDARD_ERROR_H_

#include <string_view>

namespace krait::daemon {

// The one way to write to standard error. Whoever reads it may be gone before
// krait is (an editor that was killed), so what cannot be written is lost: no
// exception, no signal, also where it is closed, full or a pipe without a
// reader. Thread-safe.
void WriteToStandardError(std::string_view text) noexcept;

// Writes "krait: SENTENCE" as a line.
void PrintError(std::string_view sentence) noexcept;

// Fills the places of standard descriptors that are closed, before anything
// else is opened and gets their numbers: what is printed would go into a file
// of states, or to an editor. Reading or writing them still fails.
void ReserveStandardStreams() noexcept;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_STANDARD_ERROR_H_
