// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader refuses them or gives tensors inside of them, whose
// rows expand whatever their bits, and the model on top refuses or is
// consistent.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/file/gguf.h"
#include "engine/model/gguf_memory.h"
#include "engine/model/gguf_model.h"
#include "engine/model/gguf_split.h"
#include "engine/model/model_tensors.h"
#include "simd/weights.h"

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

// The first row and the last.
void ExpandRows(const Tensor& tensor) {
  constexpr size_t kMostCols = 1 << 16;
  const auto type = krait::engine::RunnableType(tensor.type);
  const size_t cols = tensor.shape.back();
  if (!type || cols > kMostCols || tensor.bytes == 0) return;
  const size_t rows = tensor.bytes / krait::simd::RowBytes(*type, cols);
  std::vector<float> row(cols);
  for (const size_t at : {size_t{0}, rows - 1}) {
    krait::simd::ExpandRow({tensor.data, *type, rows, cols}, at, row.data());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto gguf = GgufFile::Parse(bytes, "fuzz.gguf");
  if (!gguf) return 0;
  for (const Tensor& tensor : (*gguf)->tensors()) {
    CheckInside(tensor, bytes);
    ExpandRows(tensor);
  }
  const auto parts = krait::engine::PartCount(**gguf);
  if (parts && (*parts == 0 || *parts > krait::engine::kMaxSplitParts)) {
    std::abort();
  }
  // Of two parts a file is one or none.
  if (krait::engine::CheckPart(**gguf, 0, 2) &&
      krait::engine::CheckPart(**gguf, 1, 2)) {
    std::abort();
  }
  const auto memory = krait::engine::ReadMemoryWeights(**gguf);
  if (memory && *memory &&
      (*memory)->bias.size() != (*memory)->lengths.size()) {
    std::abort();
  }
  krait::engine::GgufParts alone;
  alone.push_back(std::move(*gguf));
  auto model = krait::engine::MakeGgufModel(std::move(alone), "fuzz.gguf");
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
