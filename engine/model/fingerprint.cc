// SPDX-License-Identifier: Apache-2.0
#include "engine/model/fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "simd/targets.h"

namespace krait::engine {
namespace {

constexpr size_t kSampleBytes = 4096;

class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), &XXH3_freeState) {
    XXH3_128bits_reset(state_.get());
  }

  void Add(const void* data, size_t bytes) {
    XXH3_128bits_update(state_.get(), data, bytes);
  }
  void Add(uint64_t number) { Add(&number, sizeof(number)); }
  void Add(std::string_view text) {
    Add(text.size());
    Add(text.data(), text.size());
  }

  Fingerprint Finish() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    Fingerprint fingerprint;
    std::ranges::copy(canonical.digest, fingerprint.bytes.begin());
    return fingerprint;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace

std::string Fingerprint::Hex() const {
  std::string hex;
  for (const uint8_t byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

Fingerprint FingerprintOf(const ModelFile& file) {
  Hasher hasher;
  hasher.Add(simd::CurrentTarget());
  for (const Tensor& tensor : file.tensors()) {
    hasher.Add(tensor.name);
    hasher.Add(static_cast<uint64_t>(tensor.type));
    for (const size_t size : tensor.shape) hasher.Add(size);
    const size_t sample = std::min(kSampleBytes, tensor.bytes);
    for (const size_t at :
         {size_t{0}, (tensor.bytes - sample) / 2, tensor.bytes - sample}) {
      hasher.Add(tensor.data + at, sample);
    }
  }
  return hasher.Finish();
}

}  // namespace krait::engine
