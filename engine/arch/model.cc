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

size_t Model::Parameters() const {
  size_t count = 0;
  for (const Tensor& tensor : loaded_.file->tensors()) {
    size_t product = 1;
    for (const size_t dim : tensor.shape) product *= dim;
    count += product;
  }
  return count;
}

}  // namespace krait::engine
