// SPDX-License-Identifier: Apache-2.0
#include "engine/quantise/quantise_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/model/gguf_split.h"
#include "engine/model/gguf_writer.h"
#include "engine/model/quantised_types.h"
#include "engine/quantise/encode.h"
#include "simd/weights.h"

namespace krait::engine {
namespace {

// Matrices that stay as they are: small, and errors in them are not averaged
// out. Routers, convolutions, what makes time steps and states.
constexpr std::array<std::string_view, 6> kKept = {
    "norm", "ffn_gate_inp", "ssm_conv1d", "ssm_x.", "ssm_dt", "ssm_a"};

bool IsKept(const Tensor& tensor) {
  if (tensor.shape.size() < 2 || !tensor.name.ends_with(".weight")) return true;
  return std::ranges::any_of(kKept, [&tensor](std::string_view mark) {
    return tensor.name.find(mark) != std::string::npos;
  });
}

// Keys that are about the files that are read.
bool IsOfTheFile(std::string_view key) {
  return key.starts_with("split.") || key == "general.file_type" ||
         key == "general.quantization_version";
}

// What the weights are off by.
class ErrorSum {
 public:
  void Add(std::span<const float> before, std::span<const float> after) {
    double error = 0;
    double size = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      const double difference =
          static_cast<double>(after[i]) - static_cast<double>(before[i]);
      error += difference * difference;
      size += static_cast<double>(before[i]) * static_cast<double>(before[i]);
    }
    const std::lock_guard lock(mutex_);
    error_ += error;
    size_ += size;
  }
  double relative() const { return size_ > 0 ? std::sqrt(error_ / size_) : 0; }

 private:
  std::mutex mutex_;
  double error_ = 0;
  double size_ = 0;
};

class Quantiser {
 public:
  Quantiser(const GgufParts& parts, const QuantiseOptions& options,
            WorkerPool& pool)
      : parts_(parts), options_(options), pool_(pool) {}

  Result<QuantisedModel> Write(const std::filesystem::path& out);

 private:
  void AddMetadata();
  Status AddTensors();
  Status AddTensor(const Tensor& tensor, bool has_output);
  void AddCopy(const Tensor& tensor);
  void AddMatrix(const Tensor& tensor, TensorType type);

  const GgufParts& parts_;
  const QuantiseOptions& options_;
  WorkerPool& pool_;
  GgufWriter writer_;
  QuantisedModel result_;
  ErrorSum errors_;
};

void Quantiser::AddMetadata() {
  const GgufFile& gguf = *parts_.front();
  for (size_t i = 0; i < gguf.keys().size(); ++i) {
    if (!IsOfTheFile(gguf.keys()[i])) writer_.AddRaw(gguf.RawKey(i));
  }
  writer_.AddUint32("general.file_type", GgufFileType(options_.type));
  writer_.AddUint32("general.quantization_version", 2);
}

Status Quantiser::AddTensors() {
  bool has_output = false;
  for (const auto& part : parts_) {
    has_output |= std::ranges::any_of(part->tensors(), [](const Tensor& t) {
      return t.name == "output.weight";
    });
  }
  for (const auto& part : parts_) {
    for (const Tensor& tensor : part->tensors()) {
      if (Status s = AddTensor(tensor, has_output); !s) return s;
    }
  }
  return {};
}

Status Quantiser::AddTensor(const Tensor& tensor, bool has_output) {
  if (IsKept(tensor)) {
    AddCopy(tensor);
    return {};
  }
  if (!RunnableType(tensor.type)) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: {} in tensor {} (expected one of "
                    "{})",
                    parts_.front()->name(), TensorTypeName(tensor.type),
                    tensor.name, RunnableTypeNames()));
  }
  const bool is_output = tensor.name == "output.weight" ||
                         (tensor.name == "token_embd.weight" && !has_output);
  const TensorType wanted =
      is_output ? OutputType(options_.type) : options_.type;
  AddMatrix(tensor, TypeForRows(wanted, tensor.shape.back()));
  return {};
}

void Quantiser::AddCopy(const Tensor& tensor) {
  ++result_.tensors[tensor.type];
  writer_.AddTensor(tensor.name, tensor.type, tensor.shape,
                    [from = tensor.data](std::span<std::byte> piece) mutable {
                      std::memcpy(piece.data(), from, piece.size());
                      from += piece.size();
                    });
}

void Quantiser::AddMatrix(const Tensor& tensor, TensorType type) {
  if (type == tensor.type) return AddCopy(tensor);
  ++result_.tensors[type];
  const size_t cols = tensor.shape.back();
  const simd::WeightView from{.data = tensor.data,
                              .type = *RunnableType(tensor.type),
                              .rows = *CountElements(tensor.shape) / cols,
                              .cols = cols};
  const simd::WeightType to = *RunnableType(type);
  const size_t row_bytes = simd::RowBytes(to, cols);
  const auto fill = [this, from, to, type, row_bytes, first_row = size_t{0}](
                        std::span<std::byte> piece) mutable {
    const size_t rows = piece.size() / row_bytes;
    pool_.ForRanges(rows, 1, [&](size_t begin, size_t end, size_t) {
      std::vector<float> row(from.cols);
      std::vector<float> rounded(from.cols);
      const simd::WeightView written{
          .data = piece.data(), .type = to, .rows = rows, .cols = from.cols};
      for (size_t r = begin; r < end; ++r) {
        simd::ExpandRow(from, first_row + r, row.data());
        Encode(type, row, piece.data() + r * row_bytes);
        simd::ExpandRow(written, r, rounded.data());
        errors_.Add(row, rounded);
      }
    });
    first_row += rows;
  };
  writer_.AddTensor(tensor.name, type, tensor.shape, fill);
}

Result<QuantisedModel> Quantiser::Write(const std::filesystem::path& out) {
  AddMetadata();
  if (Status added = AddTensors(); !added) return added.error();
  result_.bytes = writer_.data_bytes();
  const Status written = writer_.Write(
      out,
      [this](size_t done) {
        if (options_.on_progress) options_.on_progress(done, result_.bytes);
      },
      options_.stop);
  if (!written) return written.error();
  result_.relative_error = errors_.relative();
  return result_;
}

}  // namespace

Result<QuantisedModel> QuantiseModel(const std::filesystem::path& in,
                                     const std::filesystem::path& out,
                                     const QuantiseOptions& options,
                                     WorkerPool& pool) {
  Result<GgufParts> parts = OpenGgufParts(in);
  if (!parts) return parts.error();
  for (const auto& part : *parts) {
    std::error_code error;  // what is not there is another file
    if (std::filesystem::equivalent(part->name(), out, error)) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: it is read: expected the name of another file",
                      out.string()));
    }
  }
  return Quantiser(*parts, options, pool).Write(out);
}

}  // namespace krait::engine
