// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_FINGERPRINT_H_
#define KRAIT_ENGINE_MODEL_FINGERPRINT_H_

#include <array>
#include <cstdint>
#include <string>

#include "engine/model/model_file.h"

namespace krait::engine {

// Tells models apart, whatever their files are called.
struct Fingerprint {
  std::array<uint8_t, 16> bytes = {};
  bool operator==(const Fingerprint&) const = default;
  std::string Hex() const;
};

// Hashes names, types and shapes of all tensors and samples of their data: 12
// KiB of each, so that a model of any size takes milliseconds. Also the
// instruction set that runs it, as that decides how sums are rounded.
Fingerprint FingerprintOf(const ModelFile& file);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_FINGERPRINT_H_
