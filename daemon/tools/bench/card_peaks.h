// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_
#define KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/vulkan/device_peaks.h"

namespace krait::daemon {

struct CardPeaks {
  engine::vulkan::DevicePeaks peaks;
  std::string kind;  // of the operations: "int8"
};

// Measures what the card of that name does at the most. Fails where it is not
// found, or fails.
base::Result<CardPeaks> MeasureCard(std::string_view name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_
