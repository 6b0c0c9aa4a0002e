// SPDX-License-Identifier: Apache-2.0
#include "engine/model/rope_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>

#include "engine/file/field_reader.h"
#include "engine/file/gguf_keys.h"
#include "engine/file/printable.h"
#include "engine/model/model_file.h"
#include "simd/weights.h"  // ExpandRow

namespace krait::engine {
namespace {

bool IsFactor(double value) {
  return std::isfinite(value) && value > 0;
}

// More than any head has; CheckHyperparameters refuses such a rope_dim.
constexpr size_t kMostRopeDim = size_t{1} << 20;

// All frequencies divided by one factor ("linear").
void DivideAll(double factor, AttentionShape* shape) {
  if (factor == 1 || shape->rope_dim > kMostRopeDim) return;
  shape->rope_divisors.assign(shape->rope_dim / 2, static_cast<float>(factor));
}

double Factor(FieldReader* rope, std::string_view key) {
  const double value = rope->Float(key);
  if (rope->status() && !IsFactor(value)) {
    rope->Fail(rope->fields().Mismatch(key, "a positive number"));
  }
  return value;
}

void ReadLlama3(FieldReader* rope, AttentionShape* shape) {
  const Llama3Rope llama3{
      .factor = Factor(rope, "factor"),
      .low_freq_factor = Factor(rope, "low_freq_factor"),
      .high_freq_factor = Factor(rope, "high_freq_factor"),
      .original_length = Factor(rope, "original_max_position_embeddings")};
  if (!rope->status()) return;
  if (llama3.low_freq_factor >= llama3.high_freq_factor) {
    rope->Fail(rope->fields().Mismatch("high_freq_factor",
                                       "more than low_freq_factor"));
    return;
  }
  if (shape->rope_dim > kMostRopeDim) return;
  shape->rope_divisors = Llama3Divisors(llama3, *shape);
}

// One of the objects that say it, `key`.
void ReadKind(FieldReader* rope, std::string_view key, AttentionShape* shape) {
  const std::string kind =
      rope->String("rope_type", rope->String("type", "default"));
  if (kind == "linear") {
    DivideAll(Factor(rope, "factor"), shape);
  } else if (kind == "llama3") {
    ReadLlama3(rope, shape);
  } else if (kind != "default") {
    rope->NotYet(fmt::format("{} of type '{}'", key, Printable(kind)));
  }
}

}  // namespace

void ReadGgufRope(GgufKeys* read, AttentionShape* shape) {
  shape->rope_base = read->Float("rope.freq_base", 10000.0);
  const std::string scaling = read->String("rope.scaling.type", "none");
  if (scaling != "none" && scaling != "linear") {
    read->NotYet(fmt::format("rope scaling '{}'", Printable(scaling)));
    return;
  }
  // Files from before rope.scaling.* have scale_linear.
  const double factor =
      read->Float("rope.scaling.factor", read->Float("rope.scale_linear", 1.0));
  if (read->status() && !IsFactor(factor)) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key '{}': expected a positive number, found {}",
                           read->Name("rope.scaling.factor"), factor));
    return;
  }
  DivideAll(factor, shape);
}

void ReadHfRope(FieldReader* read, AttentionShape* shape) {
  shape->rope_base = read->Float("rope_theta", 10000.0);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const std::optional<JsonFields> fields = read->Object(key);
    if (!fields) continue;
    FieldReader rope(*fields);
    shape->rope_base = rope.Float("rope_theta", shape->rope_base);
    if (rope.Float("partial_rotary_factor", 1.0) != 1.0) {
      rope.NotYet("a partial_rotary_factor other than 1");
    }
    ReadKind(&rope, key, shape);
    if (!rope.status()) read->Fail(rope.status().error());
  }
}

Status ReadRopeDivisors(const ModelFile& file, AttentionShape* shape) {
  const Tensor* tensor = file.Find(kRopeDivisorsTensor);
  if (tensor == nullptr) return {};
  std::vector<float> divisors(shape->rope_dim / 2);
  simd::ExpandRow(
      {tensor->data, *RunnableType(tensor->type), 1, divisors.size()}, 0,
      divisors.data());
  const bool all_good = std::ranges::all_of(divisors, [](float divisor) {
    return IsFactor(static_cast<double>(divisor));
  });
  if (!all_good) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: tensor '{}': expected positive numbers",
                                 file.path().string(), kRopeDivisorsTensor));
  }
  for (size_t i = 0; i < shape->rope_divisors.size(); ++i) {
    divisors[i] *= shape->rope_divisors[i];
  }
  shape->rope_divisors = std::move(divisors);
  return {};
}

std::vector<float> Llama3Divisors(const Llama3Rope& rope,
                                  const AttentionShape& shape) {
  std::vector<float> divisors(shape.rope_dim / 2);
  const double step = 2.0 / static_cast<double>(shape.rope_dim);
  for (size_t i = 0; i < divisors.size(); ++i) {
    const double wave =
        2 * std::numbers::pi *
        std::pow(shape.rope_base, step * static_cast<double>(i));
    // 0 where the wave is stretched, 1 where it is kept.
    const double kept =
        std::clamp((rope.original_length / wave - rope.low_freq_factor) /
                       (rope.high_freq_factor - rope.low_freq_factor),
                   0.0, 1.0);
    divisors[i] = static_cast<float>(1 / ((1 - kept) / rope.factor + kept));
  }
  return divisors;
}

}  // namespace krait::engine
