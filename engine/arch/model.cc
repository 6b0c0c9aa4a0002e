// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/model.h"

#include <string_view>

#include "engine/arch/decoder.h"

namespace krait::engine {

Result<std::shared_ptr<const Model>> Model::Load(
    const std::filesystem::path& path, const FimChoice& fim) {
  Result<LoadedFile> loaded = LoadFile(path, fim);
  if (!loaded) return loaded.error();
  auto layers = Decoder::Create(
      *loaded->file, PartShape::Whole(loaded->file->hyperparameters()));
  if (!layers) return layers.error();
  return std::make_shared<const Model>(std::move(*loaded), std::move(*layers));
}

Result<LoadedFile> Model::LoadFile(const std::filesystem::path& path,
                                   const FimChoice& fim) {
  Result<std::unique_ptr<ModelFile>> file = ModelFile::Open(path, fim);
  if (!file) return file.error();
  LoadedFile loaded{.file = std::move(*file), .tokenizer = nullptr};
  Result<std::unique_ptr<Tokenizer>> tokenizer = loaded.file->LoadTokenizer();
  if (tokenizer) {
    loaded.tokenizer = std::move(*tokenizer);
  } else if (tokenizer.error().code != ErrorCode::kNotFound) {
    return tokenizer.error();
  }
  return loaded;
}

namespace {

size_t Elements(const Tensor& tensor) {
  size_t product = 1;
  for (const size_t dim : tensor.shape) product *= dim;
  return product;
}

// "blk.0.ffn_up.3.weight": a matrix of one of a layer's experts.
bool IsOfAnExpert(std::string_view name) {
  const size_t ffn = name.find(".ffn_");
  if (ffn == name.npos) return false;
  const size_t number = name.find('.', ffn + 1) + 1;
  return number != 0 && name[number] >= '0' && name[number] <= '9';
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
  size_t of_experts = 0;
  for (const Tensor& tensor : loaded_.file->tensors()) {
    if (!tensor.name.starts_with("blk.") || tensor.shape.size() != 2) continue;
    (IsOfAnExpert(tensor.name) ? of_experts : count) += Elements(tensor);
  }
  if (of_experts == 0) return count;
  const ExpertsShape& experts = hyperparameters().experts;
  return count + of_experts / experts.count * experts.used;
}

}  // namespace krait::engine
