// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "daemon/completion/engine_generator.h"
#include "daemon/model_lookup.h"

namespace krait::daemon {
namespace {

size_t Elements(const engine::Tensor& tensor) {
  size_t elements = 1;
  for (const size_t dim : tensor.shape) elements *= dim;
  return elements;
}

std::string MainType(const std::vector<engine::Tensor>& tensors) {
  std::map<engine::TensorType, size_t> bytes;
  for (const engine::Tensor& tensor : tensors) {
    bytes[tensor.type] += tensor.bytes;
  }
  const auto most = std::ranges::max_element(
      bytes, {}, [](const auto& entry) { return entry.second; });
  return most == bytes.end() ? "none" : engine::TensorTypeName(most->first);
}

}  // namespace

std::string_view ArchitectureName(engine::Architecture architecture) {
  return architecture == engine::Architecture::kMamba2 ? "mamba2" : "llama";
}

std::string ParametersText(size_t parameters) {
  const auto number = static_cast<double>(parameters);
  if (parameters >= 1'000'000'000) return fmt::format("{:.2f} B", number / 1e9);
  if (parameters >= 1'000'000) return fmt::format("{:.1f} M", number / 1e6);
  return fmt::format("{:.1f} k", number / 1e3);
}

std::string BytesText(uintmax_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000) return fmt::format("{:.2f} GB", number / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{:.1f} MB", number / 1e6);
  return fmt::format("{:.1f} kB", number / 1e3);
}

engine::Result<ModelSummary> Summarise(const std::filesystem::path& path) {
  const auto file = engine::ModelFile::Open(path);
  if (!file) return file.error();
  ModelSummary summary;
  summary.hparams = (*file)->hyperparameters();
  summary.name = summary.hparams.name;
  summary.path = path;
  summary.bytes = ModelBytes(path);
  summary.architecture = ArchitectureName(summary.hparams.architecture);
  for (const engine::Tensor& tensor : (*file)->tensors()) {
    summary.parameters += Elements(tensor);
  }
  summary.quantisation = MainType((*file)->tensors());
  summary.fim = engine::FimLayoutName(TrainedLayout(summary.hparams));
  summary.metadata = (*file)->Metadata();
  summary.licence = "unknown";
  for (const auto& [key, value] : summary.metadata) {
    if (key == "general.license") summary.licence = value;
  }
  return summary;
}

}  // namespace krait::daemon
