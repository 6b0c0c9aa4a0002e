// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader refuses them or gives parts that lie inside of them,
// and a model takes them or refuses.

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/aligned_array.h"
#include "engine/model/model.h"
#include "engine/state/state_file.h"

namespace {

using krait::engine::AlignedArray;
using krait::engine::Model;

constexpr size_t kHeaderBytes = 64;  // the checksum is at its end

const Model& TheModel() {
  static const auto model =
      Model::Load(KRAIT_TEST_DATA "/models/mamba2-tiny/hf");
  if (!model) std::abort();
  return **model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // As a mapping is.
  AlignedArray<char> aligned(size);
  if (size > 0) std::memcpy(aligned.data(), data, size);
  // Every second input gets the right checksum, so that the parts behind it
  // are reached, too.
  if (size > kHeaderBytes && aligned[size - 1] % 2 == 0) {
    const uint64_t checksum =
        XXH3_64bits(aligned.data() + kHeaderBytes, size - kHeaderBytes);
    std::memcpy(aligned.data() + kHeaderBytes - sizeof(checksum), &checksum,
                sizeof(checksum));
  }
  const std::string_view bytes(aligned.data(), size);
  const auto view = krait::engine::ParseStateFile(bytes, "fuzz.state");
  if (!view) return 0;
  const auto* end = reinterpret_cast<const float*>(bytes.data() + size);
  if (view->rows.data() + view->rows.size() > end) std::abort();
  const auto point =
      krait::engine::MakeResumePoint(*view, TheModel(), nullptr, "fuzz.state");
  if (!point) return 0;
  if (point->end() != view->tokens.size()) std::abort();
  krait::engine::StateStore store(
      krait::engine::Resumption(TheModel().hyperparameters()), size_t{1} << 20);
  store.Insert(view->tokens, *point);
  return 0;
}
