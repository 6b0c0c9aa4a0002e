// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_RECOMMENDED_H_
#define KRAIT_DAEMON_MODELS_RECOMMENDED_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::models {

// What somebody measured, and on which machine.
struct MeasuredSpeed {
  std::string machine;
  double reads = 0;   // tokens/s
  double writes = 0;  // tokens/s
  uint64_t memory_bytes = 0;
};

// A model that is worth getting. recommended.json has them; what nobody has
// looked up or measured is absent there.
struct RecommendedModel {
  std::string name;    // "granite-350m"
  std::string source;  // as ParseModelSource takes it
  std::string sha256;  // of its only file; empty: as the hub says
  std::optional<uint64_t> bytes;
  std::string licence;
  std::string fim;  // "psm", "spm", "emulated"
  std::string good_for;
  std::optional<MeasuredSpeed> measured;
};

// In the order in which they are shown, smallest machines first.
const std::vector<RecommendedModel>& RecommendedModels();

// Returns the one of that name, or null.
const RecommendedModel* FindRecommended(std::string_view name);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_RECOMMENDED_H_
