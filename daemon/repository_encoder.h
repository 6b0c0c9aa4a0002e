// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_ENCODER_H_
#define KRAIT_DAEMON_REPOSITORY_ENCODER_H_

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/repository/chunk_encoder.h"
#include "engine/embedding/text_encoder.h"

namespace krait::daemon {

// A sentence encoder of the engine, for an index. Thread-safe.
class RepositoryEncoder final : public repository::ChunkEncoder {
 public:
  explicit RepositoryEncoder(
      std::shared_ptr<const engine::TextEncoder> encoder);

  std::string name() const override { return name_; }
  size_t dimension() const override { return dimension_; }
  simd::WeightType type() const override { return simd::WeightType::kQ4_0; }
  std::string EncodeChunks(
      std::span<const std::string_view> texts) const override;
  std::vector<float> EncodeQuestion(std::string_view text) const override;

  const engine::TextEncoder& encoder() const { return *encoder_; }

 private:
  using Scratch = std::unique_ptr<engine::TextEncoder::Scratch>;
  Scratch Take() const;
  void GiveBack(Scratch scratch) const;

  const std::shared_ptr<const engine::TextEncoder> encoder_;
  const std::string name_;
  const size_t dimension_;
  mutable std::mutex mutex_;
  mutable std::vector<Scratch> free_;  // guarded by mutex_
};

// Opens the encoder of that name (setting repository.embedding_model): as
// FindModel takes it; empty: the model that comes along, if it has an embedding
// head; "none": no encoder. Null: there is none.
using OpenedEncoder = base::Result<std::shared_ptr<const RepositoryEncoder>>;
OpenedEncoder OpenRepositoryEncoder(std::string_view model);

// One that is opened when it is first needed. Thread-safe.
class LazyEncoder {
 public:
  // The model as for OpenRepositoryEncoder.
  explicit LazyEncoder(std::string model) : model_(std::move(model)) {}

  // A failure is tried again by the next call.
  OpenedEncoder Get();

 private:
  const std::string model_;
  std::mutex mutex_;
  std::optional<std::shared_ptr<const RepositoryEncoder>> opened_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_REPOSITORY_ENCODER_H_
