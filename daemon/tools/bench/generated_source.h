// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_GENERATED_SOURCE_H_
#define KRAIT_DAEMON_TOOLS_BENCH_GENERATED_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace krait::daemon {

// Returns `lines` lines of Python that parse and look like somebody's: classes
// and functions of a dozen statements. The same arguments give the same text
// on every machine; a longer text begins like a shorter one.
std::string GenerateSource(uint32_t seed, size_t lines);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_GENERATED_SOURCE_H_
