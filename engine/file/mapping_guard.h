// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_FILE_MAPPING_GUARD_H_
#define KRAIT_ENGINE_FILE_MAPPING_GUARD_H_

#include <cstddef>

namespace krait::engine {

// A mapped file that somebody cuts short: reading behind its new end is
// SIGBUS, which ends the process. With the guard the rest of the mapping
// becomes zeros instead, so that the process lives on. What was computed with
// them is worth nothing: whoever uses the guard must compare the files with
// their ModelStamp before it believes a result.

// Begins to guard the mappings of this process, those of MappedFile. SIGBUS
// from elsewhere goes to the handler that was there before.
void GuardMappings();

// For MappedFile: names a mapping that is to be guarded, as long as it is
// there. Beyond some hundreds at once the rest is not.
void AddGuardedMapping(const char* begin, size_t bytes);
void RemoveGuardedMapping(const char* begin);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_FILE_MAPPING_GUARD_H_
