// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_FINGERPRINT_H_
#define KRAIT_ENGINE_MODEL_FINGERPRINT_H_

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/model/model_stamp.h"

namespace krait::engine {

// Raised with every change after which a state is no longer, bit for bit, what
// the same tokens give: another order of sums, another layout of states or of
// their files.
inline constexpr uint32_t kNumericsVersion = 6;

// 128 bits that tell contents apart.
struct Fingerprint {
  std::array<uint8_t, 16> bytes = {};
  bool operator==(const Fingerprint&) const = default;
  std::string Hex() const;
  static std::optional<Fingerprint> FromHex(std::string_view hex);
};

// The fingerprints of files, remembered in a file from one run of the program
// to the next, as it takes seconds to read a large model. A file is known
// again by its path, size, time of change, inode and device.
//
// Several processes may use the file at once. Thread-compatible.
class FingerprintMemory {
 public:
  // An empty `file` remembers nothing.
  explicit FingerprintMemory(std::filesystem::path file)
      : file_(std::move(file)) {}

  std::optional<Fingerprint> Find(const FileStamp& stamp) const;
  void Remember(const FileStamp& stamp, const Fingerprint& fingerprint) const;

 private:
  const std::filesystem::path file_;
};

// Returns what a state of this model is bound to: all bytes of all files of
// the model (hyperparameters, tokenizer, weights), krait's numerics, and what
// runs it (Model::ExecutorName), as that decides how sums are rounded. Reads
// what the memory does not know. Fails if a file is no longer as `stamp` says,
// and if it is stopped (kCancelled).
Result<Fingerprint> FingerprintOf(const ModelStamp& stamp,
                                  std::string_view executor,
                                  const FingerprintMemory& memory,
                                  const std::stop_token& stop = {});

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_FINGERPRINT_H_
