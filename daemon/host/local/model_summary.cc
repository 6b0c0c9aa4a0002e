// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/model_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "daemon/host/local/engine_generator.h"
#include "daemon/model_lookup.h"
#include "engine/model/architecture.h"

namespace krait::daemon {
namespace {

size_t Elements(const engine::Tensor& tensor) {
  size_t elements = 1;
  for (const size_t dim : tensor.shape) elements *= dim;
  return elements;
}

std::string UnsupportedType(const std::vector<engine::Tensor>& tensors) {
  for (const engine::Tensor& tensor : tensors) {
    if (engine::RunnableType(tensor.type)) continue;
    return fmt::format("{} weights", engine::TensorTypeName(tensor.type));
  }
  return {};
}

}  // namespace

std::string SupportedModels() {
  return fmt::format("krait runs models of the architectures {}; weights of {}",
                     engine::ArchitectureNames(), engine::RunnableTypeNames());
}

std::string MainTypeName(const std::vector<engine::Tensor>& tensors) {
  std::map<engine::TensorType, size_t> bytes;
  for (const engine::Tensor& tensor : tensors) {
    bytes[tensor.type] += tensor.bytes;
  }
  const auto most = std::ranges::max_element(
      bytes, {}, [](const auto& entry) { return entry.second; });
  return most == bytes.end() ? "none" : engine::TensorTypeName(most->first);
}

std::string_view ArchitectureName(engine::Architecture architecture) {
  return engine::InfoOf(architecture).name;
}

std::string ParametersText(size_t parameters) {
  const auto number = static_cast<double>(parameters);
  if (parameters >= 1'000'000'000) return fmt::format("{:.2f} B", number / 1e9);
  if (parameters >= 1'000'000) return fmt::format("{:.1f} M", number / 1e6);
  return fmt::format("{:.1f} k", number / 1e3);
}

std::string BytesText(uintmax_t bytes) {
  constexpr double kKib = 1024;
  const double kib = static_cast<double>(bytes) / kKib;
  if (kib >= kKib * kKib) return fmt::format("{:.2f} GiB", kib / kKib / kKib);
  if (kib >= kKib) return fmt::format("{:.1f} MiB", kib / kKib);
  return fmt::format("{:.1f} KiB", kib);
}

base::Result<ModelSummary> Summarise(const std::filesystem::path& path) {
  const auto file = engine::ModelFile::Open(path);
  if (!file) return file.error();
  ModelSummary summary;
  summary.hparams = (*file)->hyperparameters();
  summary.name = summary.hparams.name;
  summary.path = path;
  summary.bytes = ModelBytes(path);
  summary.memory = MemoryOf(**file);
  summary.architecture = ArchitectureName(summary.hparams.architecture);
  for (const engine::Tensor& tensor : (*file)->tensors()) {
    summary.parameters += Elements(tensor);
  }
  summary.quantisation = MainTypeName((*file)->tensors());
  summary.unsupported = UnsupportedType((*file)->tensors());
  const auto tokenizer = (*file)->LoadTokenizer();
  summary.fim =
      tokenizer ? engine::FimLayoutName(TrainedLayout(**tokenizer)) : "none";
  summary.metadata = (*file)->Metadata();
  summary.licence = "unknown";
  for (const auto& [key, value] : summary.metadata) {
    if (key == "general.license") summary.licence = value;
  }
  return summary;
}

}  // namespace krait::daemon
