// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "engine/file/printable.h"
#include "engine/model/gguf_model.h"
#include "engine/model/hf_model.h"
#include "engine/model/model_tensors.h"

namespace krait::engine {

namespace {

Result<std::unique_ptr<ModelFile>> OpenAny(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at cannot be opened either
  if (std::filesystem::is_directory(path, ignored)) return OpenHfModel(path);
  if (path.extension() == ".safetensors") {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: expected a .gguf file or the directory "
                                 "that holds the safetensors and config.json",
                                 path.string()));
  }
  return OpenGgufModel(path);
}

}  // namespace

Result<std::unique_ptr<ModelFile>> ModelFile::Open(
    const std::filesystem::path& path, const FimChoice& fim) {
  auto file = OpenAny(path);
  if (file) (*file)->fim_.Override(fim);
  return file;
}

const Tensor* ModelFile::Find(std::string_view name) const {
  const auto it = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const Tensor& tensor, std::string_view n) { return tensor.name < n; });
  return it != tensors_.end() && it->name == name ? &*it : nullptr;
}

Result<const Tensor*> ModelFile::Require(std::string_view name,
                                         std::span<const size_t> shape) const {
  const Tensor* tensor = Find(name);
  if (tensor == nullptr) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: tensor '{}' of shape {} is missing",
                                 path_.string(), name, ShapeString(shape)));
  }
  if (!std::equal(shape.begin(), shape.end(), tensor->shape.begin(),
                  tensor->shape.end())) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: tensor '{}': expected shape {}, found {}",
                                 path_.string(), name, ShapeString(shape),
                                 ShapeString(tensor->shape)));
  }
  if (!RunnableType(tensor->type)) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: {} in tensor {} (expected one of "
                    "{})",
                    path_.string(), TensorTypeName(tensor->type), name,
                    RunnableTypeNames()));
  }
  return tensor;
}

Status ModelFile::Finish() {
  if (Status status = CheckHyperparameters(hparams_, path_.string()); !status) {
    return status;
  }
  SplitExperts(hparams_, &tensors_);
  SplitGateUp(&tensors_);
  NormaliseShapes(hparams_, &tensors_);
  std::sort(tensors_.begin(), tensors_.end(),
            [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(
      tensors_.begin(), tensors_.end(),
      [](const Tensor& a, const Tensor& b) { return a.name == b.name; });
  if (twice != tensors_.end()) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: tensor '{}' appears twice",
                                 path_.string(), Printable(twice->name)));
  }
  return CheckTensors(*this);
}

}  // namespace krait::engine
