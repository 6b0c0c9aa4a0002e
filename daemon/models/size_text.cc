// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/size_text.h"

#include <fmt/format.h>

namespace krait::models {

std::string SizeText(uint64_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (number >= 10e9) return fmt::format("{:.0f} GB", number / 1e9);
  if (number >= 1e9) return fmt::format("{:.1f} GB", number / 1e9);
  if (number >= 10e6) return fmt::format("{:.0f} MB", number / 1e6);
  if (number >= 1e6) return fmt::format("{:.1f} MB", number / 1e6);
  if (number >= 1e3) return fmt::format("{:.1f} kB", number / 1e3);
  return fmt::format("{} B", bytes);
}

}  // namespace krait::models
