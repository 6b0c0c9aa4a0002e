// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_
#define KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/vulkan/device_peaks.h"

namespace krait::daemon {

struct CardPeaks {
  engine::vulkan::DevicePeaks peaks;
  std::string kind;  // of the operations: "int8"
};

// Measures what the card of that name does at the most; nothing if there is
// none of exactly that name (a model's cards may be several, or run a part).
// Fails where it does.
base::Result<std::optional<CardPeaks>> MeasureCard(std::string_view name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_CARD_PEAKS_H_
