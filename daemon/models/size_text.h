// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_SIZE_TEXT_H_
#define KRAIT_DAEMON_MODELS_SIZE_TEXT_H_

#include <cstdint>
#include <string>

namespace krait::models {

// No model is larger: what a server may say, and send.
inline constexpr uint64_t kMaxModelBytes = uint64_t{2} << 40;

// Returns "366 MB", "8.1 GB": thousands of thousands, as those who publish
// models write them.
std::string SizeText(uint64_t bytes);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_SIZE_TEXT_H_
