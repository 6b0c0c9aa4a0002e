// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader refuses them or gives tensors inside of them, and the
// model on top refuses or is consistent.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/file/gguf.h"
#include "engine/model/gguf_memory.h"
#include "engine/model/gguf_model.h"
#include "engine/model/model_hints.h"
#include "engine/model/model_tensors.h"

namespace {

using krait::engine::GgufFile;
using krait::engine::ModelFile;
using krait::engine::Tensor;

void CheckInside(const Tensor& tensor, std::string_view bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  const auto* end = begin + bytes.size();
  if (tensor.data < begin || tensor.data > end) std::abort();
  if (tensor.bytes > static_cast<size_t>(end - tensor.data)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto gguf = GgufFile::Parse(bytes, "fuzz.gguf");
  if (!gguf) return 0;
  for (const Tensor& tensor : (*gguf)->tensors()) CheckInside(tensor, bytes);
  if (const auto hints = krait::engine::ReadModelHints(**gguf)) {
    if (!(hints->confidence.token <= 0)) std::abort();
  }
  const auto memory = krait::engine::ReadMemoryWeights(**gguf);
  if (memory && *memory &&
      (*memory)->bias.size() != (*memory)->lengths.size()) {
    std::abort();
  }
  auto model = krait::engine::MakeGgufModel(std::move(*gguf), "fuzz.gguf");
  if (!model) return 0;
  if ((*model)->Metadata().empty()) std::abort();
  if (!krait::engine::CheckTensors(**model)) std::abort();
  const auto tokenizer = (*model)->LoadTokenizer();
  if (tokenizer &&
      (*tokenizer)->vocab_size() != (*model)->hyperparameters().vocab) {
    std::abort();
  }
  return 0;
}
