// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/model.h"

#include <utility>

#include "engine/arch/llama.h"
#include "engine/arch/mamba2.h"

namespace krait::engine {
namespace {

Result<std::shared_ptr<Model>> Create(const ModelFile& file) {
  switch (file.hyperparameters().architecture) {
    case Architecture::kMamba2: {
      Result<std::shared_ptr<Mamba2>> model = Mamba2::Create(file);
      if (!model) return model.error();
      return std::shared_ptr<Model>(*model);
    }
    case Architecture::kLlama: {
      Result<std::shared_ptr<Llama>> model = Llama::Create(file);
      if (!model) return model.error();
      return std::shared_ptr<Model>(*model);
    }
  }
  return MakeError(ErrorCode::kInternal, "unknown architecture");
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::Load(
    const std::filesystem::path& path) {
  Result<std::unique_ptr<ModelFile>> file = ModelFile::Open(path);
  if (!file) return file.error();
  Result<std::shared_ptr<Model>> model = Create(**file);
  if (!model) return model.error();
  Result<std::unique_ptr<Tokenizer>> tokenizer = (*file)->LoadTokenizer();
  if (tokenizer) {
    (*model)->tokenizer_ = std::move(*tokenizer);
  } else if (tokenizer.error().code != ErrorCode::kNotFound) {
    return tokenizer.error();
  }
  (*model)->file_ = std::move(*file);
  return std::shared_ptr<const Model>(std::move(*model));
}

size_t Model::Parameters() const {
  size_t count = 0;
  for (const Tensor& tensor : file_->tensors()) {
    size_t product = 1;
    for (const size_t dim : tensor.shape) product *= dim;
    count += product;
  }
  return count;
}

}  // namespace krait::engine
