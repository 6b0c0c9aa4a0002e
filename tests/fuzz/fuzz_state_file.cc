// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader refuses them or gives parts that lie inside of them,
// and a model takes them or refuses.

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/aligned_array.h"
#include "engine/arch/model.h"
#include "engine/state/state_file.h"

namespace {

using krait::engine::AlignedArray;
using krait::engine::Model;

// The header, with both checksums at its end: that of what follows the origins,
// and that of what comes before it with the origins.
constexpr size_t kHeaderBytes = 128;
constexpr size_t kOriginsBytesAt = 24;
constexpr size_t kChecksumAt = 112;
constexpr size_t kHeadChecksumAt = 120;

const Model& TheModel() {
  static const auto model =
      Model::Load(KRAIT_TEST_DATA "/models/mamba2-tiny/hf");
  if (!model) std::abort();
  return **model;
}

void Put(uint64_t value, size_t at, AlignedArray<char>* bytes) {
  std::memcpy(bytes->data() + at, &value, sizeof(value));
}

// Puts the right checksums into a file of at least a header.
void PutChecksums(AlignedArray<char>* bytes) {
  uint64_t origins = 0;
  std::memcpy(&origins, bytes->data() + kOriginsBytesAt, sizeof(origins));
  origins = std::min<uint64_t>(origins, bytes->size() - kHeaderBytes);
  const size_t head =
      std::min(kHeaderBytes + (origins + 63) / 64 * 64, bytes->size());
  Put(XXH3_64bits(bytes->data() + head, bytes->size() - head), kChecksumAt,
      bytes);
  std::string checked(bytes->data(), kHeadChecksumAt);
  checked.append(bytes->data() + kHeaderBytes, head - kHeaderBytes);
  Put(XXH3_64bits(checked.data(), checked.size()), kHeadChecksumAt, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // As a mapping is.
  AlignedArray<char> aligned(size);
  if (size > 0) std::memcpy(aligned.data(), data, size);
  // Every second input gets the right checksums, so that the parts behind them
  // are reached, too.
  if (size > kHeaderBytes && aligned[size - 1] % 2 == 0) PutChecksums(&aligned);
  const std::string_view bytes(aligned.data(), size);
  const auto view = krait::engine::ParseStateFile(bytes, "fuzz.state");
  if (!view) return 0;
  const auto* end = reinterpret_cast<const float*>(bytes.data() + size);
  if (view->rows.data() + view->rows.size() > end) std::abort();
  const krait::engine::StateCodec codec(TheModel().hyperparameters());
  const auto point = krait::engine::MakeResumePoint(*view, codec, "fuzz.state");
  if (!point) return 0;
  if (point->end() != view->tokens.size()) std::abort();
  krait::engine::StateStore store(
      krait::engine::StateNeeds(TheModel().hyperparameters()), size_t{1} << 20);
  store.Insert({.tokens = view->tokens, .point = *point});
  return 0;
}
