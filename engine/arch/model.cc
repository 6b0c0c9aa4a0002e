// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/model.h"

#include "engine/arch/decoder.h"

namespace krait::engine {

Result<std::shared_ptr<const Model>> Model::Load(
    const std::filesystem::path& path, const FimChoice& fim) {
  Result<std::unique_ptr<ModelFile>> file = ModelFile::Open(path, fim);
  if (!file) return file.error();
  LoadedFile loaded{.file = std::move(*file), .tokenizer = nullptr};
  Result<std::unique_ptr<Tokenizer>> tokenizer = loaded.file->LoadTokenizer();
  if (tokenizer) {
    loaded.tokenizer = std::move(*tokenizer);
  } else if (tokenizer.error().code != ErrorCode::kNotFound) {
    return tokenizer.error();
  }
  return Decoder::Create(std::move(loaded));
}

namespace {

size_t Elements(const Tensor& tensor) {
  size_t product = 1;
  for (const size_t dim : tensor.shape) product *= dim;
  return product;
}

}  // namespace

size_t Model::Parameters() const {
  size_t count = 0;
  for (const Tensor& tensor : loaded_.file->tensors()) {
    count += Elements(tensor);
  }
  return count;
}

size_t Model::ProductsPerToken() const {
  size_t count = 0;
  for (const Tensor& tensor : loaded_.file->tensors()) {
    if (!tensor.name.starts_with("blk.")) continue;
    if (tensor.shape.size() == 2) count += Elements(tensor);
    if (tensor.shape.size() == 3) {  // of all experts
      count +=
          Elements(tensor) / tensor.shape[0] * hyperparameters().experts.used;
    }
  }
  return count;
}

}  // namespace krait::engine
