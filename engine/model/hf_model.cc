// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_model.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "engine/file/mapped_file.h"
#include "engine/file/printable.h"
#include "engine/model/hf_config.h"
#include "engine/model/hf_names.h"
#include "engine/model/hf_tokenizer.h"
#include "engine/model/hf_weights.h"
#include "simd/weights.h"  // ExpandRow

namespace krait::engine {
namespace {

using Path = std::filesystem::path;

bool Exists(const Path& file) {
  std::error_code ignored;  // what cannot be looked at cannot be opened either
  return std::filesystem::exists(file, ignored);
}

std::string DirectoryName(const Path& directory) {
  const Path normal = directory.lexically_normal();
  return normal.has_filename() ? normal.filename().string()
                               : normal.parent_path().filename().string();
}

// A model in a directory of safetensors files.
class HfModel : public ModelFile {
 public:
  explicit HfModel(const Path& directory) { path_ = directory; }

  Status Load(HfConfig config, HfWeights weights);
  Result<std::unique_ptr<Tokenizer>> LoadTokenizer() const override;
  std::vector<std::pair<std::string, std::string>> Metadata() const override {
    return metadata_;
  }

 private:
  Status AddTensor(const SafetensorsEntry& entry, bool tied);
  void AlignData(size_t element_bytes, Tensor* tensor);
  Status ShapeFromTensors(size_t vocab_multiple);
  Status NegateExpOfDecays();

  // Buffers of 8-byte elements are aligned for every type.
  std::byte* NewBuffer(size_t bytes);

  HfWeights weights_;
  std::vector<std::unique_ptr<uint64_t[]>> buffers_;
  std::vector<std::pair<std::string, std::string>> metadata_;
};

Status HfModel::Load(HfConfig config, HfWeights weights) {
  hparams_ = std::move(config.hparams);
  hparams_.name = DirectoryName(path_);
  metadata_ = std::move(config.fields);
  weights_ = std::move(weights);
  for (const SafetensorsEntry* entry : weights_.entries) {
    if (Status status = AddTensor(*entry, config.tied); !status) return status;
  }
  if (config.shape_from_tensors) {
    Status status = ShapeFromTensors(config.vocab_multiple);
    if (!status) return status;
  }
  if (Status status = Finish(); !status) return status;
  if (!config.tied && Find("output.weight") == nullptr) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: tensor 'lm_head.weight' is missing, "
                                 "though the embeddings are not tied",
                                 path_.string()));
  }
  return NegateExpOfDecays();
}

Status HfModel::AddTensor(const SafetensorsEntry& entry, bool tied) {
  std::string name = CanonicalTensorName(hparams_.architecture, entry.name);
  if (name.empty()) {
    if (CanLeaveOutTensor(hparams_.architecture, entry.name)) return {};
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: not supported yet: tensor '{}'",
                                 path_.string(), Printable(entry.name)));
  }
  if (tied && name == "output.weight") return {};
  if (!entry.type) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: not supported yet: {} in tensor {}",
                                 path_.string(), entry.dtype, entry.name));
  }
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.type = *entry.type;
  tensor.shape = entry.shape;
  tensor.data = entry.data;
  tensor.bytes = entry.bytes;
  AlignData(entry.element_bytes, &tensor);
  tensors_.push_back(std::move(tensor));
  return {};
}

std::byte* HfModel::NewBuffer(size_t bytes) {
  buffers_.push_back(std::make_unique_for_overwrite<uint64_t[]>(
      (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t)));
  return reinterpret_cast<std::byte*>(buffers_.back().get());
}

// Old writers did not pad their headers, which can leave every tensor of a
// file at odd addresses. Kernels read elements in place, so those are copied.
void HfModel::AlignData(size_t element_bytes, Tensor* tensor) {
  if (reinterpret_cast<uintptr_t>(tensor->data) % element_bytes == 0) return;
  std::byte* copy = NewBuffer(tensor->bytes);
  std::memcpy(copy, tensor->data, tensor->bytes);
  tensor->data = copy;
}

// Mistral's params.json leaves Mamba-2's shape to mamba_ssm's defaults. Those
// of the state and the heads follow from the tensors; Finish checks the rest.
Status HfModel::ShapeFromTensors(size_t vocab_multiple) {
  size_t conv_dim = 0;
  Mamba2Shape& shape = hparams_.mamba2;
  for (const Tensor& tensor : tensors_) {
    if (tensor.name == "blk.0.ssm_a" && tensor.shape.size() == 1) {
      shape.heads = tensor.shape[0];
    }
    if (tensor.name == "blk.0.ssm_conv1d.weight" && !tensor.shape.empty()) {
      conv_dim = tensor.shape.front();
      shape.conv_width = tensor.shape.back();
    }
  }
  if (shape.heads == 0 || conv_dim == 0) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: expected the tensors mixer.A_log and "
                    "mixer.conv1d.weight in layer 0 (a Mamba-2 model)",
                    path_.string()));
  }
  constexpr size_t kExpand = 2;
  if (hparams_.d_model > conv_dim || shape.groups == 0 ||
      shape.groups > conv_dim || kExpand * hparams_.d_model >= conv_dim) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: dim {} and n_groups {} do not suit the {} rows of "
                    "mixer.conv1d.weight",
                    path_.string(), hparams_.d_model, shape.groups, conv_dim));
  }
  shape.d_inner = kExpand * hparams_.d_model;
  shape.head_dim = shape.d_inner / shape.heads;
  shape.state = (conv_dim - shape.d_inner) / (2 * shape.groups);
  if (vocab_multiple == 0 || vocab_multiple > hparams_.vocab) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: pad_vocab_size_multiple: expected 1 to "
                    "vocab_size {}, found {}",
                    path_.string(), hparams_.vocab, vocab_multiple));
  }
  const size_t excess = hparams_.vocab % vocab_multiple;
  if (excess != 0) hparams_.vocab += vocab_multiple - excess;
  return {};
}

// Files keep log(-A) of recurrent layers.
Status HfModel::NegateExpOfDecays() {
  for (Tensor& tensor : tensors_) {
    if (!tensor.name.ends_with(".ssm_a")) continue;
    const std::optional<simd::WeightType> type = RunnableType(tensor.type);
    if (!type) continue;  // Finish has refused it where it is needed
    size_t size = 1;
    for (const size_t dim : tensor.shape) size *= dim;
    auto* values = reinterpret_cast<float*>(NewBuffer(size * sizeof(float)));
    simd::ExpandRow({tensor.data, *type, 1, size}, 0, values);
    for (size_t i = 0; i < size; ++i) values[i] = -std::exp(values[i]);
    tensor.type = TensorType::kF32;
    tensor.data = reinterpret_cast<const std::byte*>(values);
    tensor.bytes = size * sizeof(float);
  }
  return {};
}

Result<std::unique_ptr<Tokenizer>> HfModel::LoadTokenizer() const {
  return LoadHfTokenizer(path_, hparams_.vocab, fim_);
}

// Which files a directory consists of.
struct Layout {
  Path config;
  Path weights;
  bool is_index = false;
  bool is_mistral = false;
};

Result<Layout> FindLayout(const Path& directory) {
  const Path config = directory / "config.json";
  const Path single = directory / "model.safetensors";
  const Path index = directory / "model.safetensors.index.json";
  const Path params = directory / "params.json";
  const Path consolidated = directory / "consolidated.safetensors";
  if (Exists(config) && Exists(single)) return Layout{config, single};
  if (Exists(config) && Exists(index)) return Layout{config, index, true};
  if (Exists(params) && Exists(consolidated)) {
    return Layout{params, consolidated, false, true};
  }
  const char* missing =
      Exists(config)   ? "model.safetensors or model.safetensors.index.json"
      : Exists(params) ? "consolidated.safetensors"
                       : "config.json (or params.json)";
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("{}: expected {} in a model's directory",
                               directory.string(), missing));
}

Result<HfConfig> ReadConfig(const Layout& layout) {
  Result<MappedFile> text = MappedFile::Open(layout.config);
  if (!text) return text.error();
  const std::string name = layout.config.string();
  return layout.is_mistral ? ParseMistralParams(text->bytes(), name)
                           : ParseHfConfig(text->bytes(), name);
}

}  // namespace

Result<std::unique_ptr<ModelFile>> OpenHfModel(const Path& directory) {
  Result<Layout> layout = FindLayout(directory);
  if (!layout) return layout.error();
  Result<HfConfig> config = ReadConfig(*layout);
  if (!config) return config.error();
  Result<HfWeights> weights = layout->is_index
                                  ? OpenWeightsIndex(layout->weights)
                                  : OpenWeightsFile(layout->weights);
  if (!weights) return weights.error();
  auto model = std::make_unique<HfModel>(directory);
  if (Status status = model->Load(std::move(*config), std::move(*weights));
      !status) {
    return status.error();
  }
  return std::unique_ptr<ModelFile>(std::move(model));
}

}  // namespace krait::engine
