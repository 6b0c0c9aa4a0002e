// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/model_lookup.h"
#include "engine/file/tensor.h"
#include "engine/quantise/encode.h"
#include "simd/weights.h"

namespace krait::daemon {
namespace {

using Loaded = std::shared_ptr<const engine::TextEncoder>;

constexpr std::string_view kNoEncoder = "none";

// Whole blocks.
size_t RoundedUp(size_t dimension) {
  constexpr size_t kBlock = 32;
  return (dimension + kBlock - 1) / kBlock * kBlock;
}

}  // namespace

RepositoryEncoder::RepositoryEncoder(
    std::shared_ptr<const engine::TextEncoder> encoder)
    : encoder_(std::move(encoder)),
      name_(
          fmt::format("{} {:016x}", encoder_->kind(), encoder_->fingerprint())),
      dimension_(RoundedUp(encoder_->dimension())) {}

RepositoryEncoder::Scratch RepositoryEncoder::Take() const {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return encoder_->NewScratch();
  Scratch scratch = std::move(free_.back());
  free_.pop_back();
  return scratch;
}

void RepositoryEncoder::GiveBack(Scratch scratch) const {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(scratch));
}

std::string RepositoryEncoder::EncodeChunks(
    std::span<const std::string_view> texts) const {
  Scratch scratch = Take();
  const size_t given = encoder_->dimension();
  std::vector<float> vectors(texts.size() * given);
  encoder_->Encode(texts, *scratch, vectors.data());
  GiveBack(std::move(scratch));
  const size_t row_bytes = simd::RowBytes(type(), dimension_);
  std::string rows(texts.size() * row_bytes, '\0');
  std::vector<float> padded(dimension_);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::copy_n(vectors.begin() + static_cast<ptrdiff_t>(i * given), given,
                padded.begin());
    engine::Encode(engine::TensorType::kQ4_0, padded,
                   reinterpret_cast<std::byte*>(rows.data()) + i * row_bytes);
  }
  return rows;
}

std::vector<float> RepositoryEncoder::EncodeQuestion(
    std::string_view text) const {
  Scratch scratch = Take();
  std::vector<float> vector(dimension_);
  encoder_->Encode({&text, 1}, *scratch, vector.data());
  GiveBack(std::move(scratch));
  return vector;
}

OpenedEncoder OpenRepositoryEncoder(std::string_view model) {
  std::shared_ptr<const RepositoryEncoder> none;
  if (model == kNoEncoder) return none;
  ModelEnvironment environment = ModelEnvironment::OfProcess();
  // Another model for completions is no reason to index anew.
  environment.krait_model.clear();
  const auto path = FindModel(model, environment);
  auto encoder = path ? engine::TextEncoder::Load(*path)
                      : base::Result<Loaded>(path.error());
  if (encoder) {
    return std::shared_ptr<const RepositoryEncoder>(
        std::make_shared<RepositoryEncoder>(std::move(*encoder)));
  }
  if (model.empty()) return none;
  return base::MakeError(encoder.error().code, "repository.embedding_model: " +
                                                   encoder.error().message);
}

OpenedEncoder LazyEncoder::Get() {
  const std::lock_guard lock(mutex_);
  if (opened_) return *opened_;
  auto opened = OpenRepositoryEncoder(model_);
  if (opened) opened_ = *opened;
  return opened;
}

}  // namespace krait::daemon
