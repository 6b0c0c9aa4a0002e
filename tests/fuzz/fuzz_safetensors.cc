// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader refuses them or gives tensors that fill their data
// exactly.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/file/safetensors.h"
#include "engine/model/hf_names.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using krait::engine::Architecture;
  using krait::engine::CanonicalTensorName;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file =
      krait::engine::SafetensorsFile::Parse(bytes, "fuzz.safetensors");
  if (!file) return 0;
  size_t total = 0;
  for (const auto& entry : (*file)->entries()) {
    const auto* begin = reinterpret_cast<const std::byte*>(data);
    if (entry.data < begin || entry.data > begin + size) std::abort();
    total += entry.bytes;
    if ((*file)->Find(entry.name) != &entry) std::abort();
    CanonicalTensorName(Architecture::kMamba1, entry.name);
    CanonicalTensorName(Architecture::kMamba2, entry.name);
    CanonicalTensorName(Architecture::kLlama, entry.name);
  }
  if (total >= size) std::abort();  // the header takes at least ten bytes
  return 0;
}
