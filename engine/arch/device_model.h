// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_DEVICE_MODEL_H_
#define KRAIT_ENGINE_ARCH_DEVICE_MODEL_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/arch/model.h"
#include "engine/layers/experts.h"
#include "engine/vulkan/device.h"
#include "engine/vulkan/device_head.h"
#include "engine/vulkan/device_layers.h"
#include "engine/vulkan/device_state.h"

namespace krait::engine {

// How a device runs a model.
struct DeviceOptions {
  std::filesystem::path cache_folder = {};  // see vulkan::Pipelines
  // Whether mixtures of experts are left to the processor.
  bool experts_on_processor = false;
  // What pieces of states may take of the device's memory; nothing: a share of
  // what is free when the weights are there.
  std::optional<size_t> state_bytes = {};
};

// Layers whose weights, states and forward pass are on a graphics card: the
// same as the decoder's, recorded for the device. A call is one command buffer,
// and one more for each layer whose experts are left to the processor. Where
// the device fails, calls throw vulkan::DeviceFailure; nothing of the model or
// its states can be used after that.
class DeviceModel final : public ModelPart {
 public:
  // Copies the weights of `file`, which was checked, to the device.
  // kUnsupported: the device has no room for them, or the model has layers
  // that krait runs on the processor only.
  static Result<std::unique_ptr<const ModelPart>> CreatePart(
      const ModelFile& file, const PartShape& shape,
      std::shared_ptr<vulkan::Device> device, const DeviceOptions& options);
  // The same with all layers.
  static Result<std::shared_ptr<const Model>> Create(
      LoadedFile loaded, std::shared_ptr<vulkan::Device> device,
      const DeviceOptions& options = {});

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::string ExecutorName() const override;
  std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state,
               Executor& executor, const Residual& residual, LogitsRows rows,
               float* logits) const override;
  void Decode(std::span<const DecodeStep> steps, Executor& executor,
              const Residual& residual) const override;
  void Replay(const BlockPieces& block, size_t rows, State& state,
              Executor& executor) const override;
  void Settle(State& state, Executor& executor) const override;
  size_t DeviceStateBytes() const override { return room_->budget_bytes(); }

 private:
  struct Layer {
    vulkan::Address mixer_norm;  // [d_model]
    vulkan::DeviceMixer mixer;
    vulkan::Address feed_forward_norm;  // [d_model]; 0 without one
    std::variant<std::monostate, vulkan::DeviceSwiGlu, vulkan::DeviceExperts,
                 Experts>  // the last: on the processor
        feed_forward;
  };
  // A token of a call: the state that it advances, and where it stands.
  struct Row {
    vulkan::DeviceState* state;
    size_t position;
  };

  struct Buffers;

  DeviceModel(const ModelFile& file, const PartShape& shape,
              std::shared_ptr<vulkan::Device> device,
              bool experts_on_processor);
  Status Start(const DeviceOptions& options);
  Status ReadWeights();
  Layer ReadLayer(size_t number, vulkan::DeviceLayerReader& read);

  const Hyperparameters& hyperparameters() const { return hparams_; }
  bool NeedsProcessor() const;
  std::unique_ptr<Buffers> NewBuffers() const;

  // Puts what the device needs of the tokens where it reads it, and begins to
  // record: the residual stream is there, if there are tokens.
  vulkan::DeviceBatch Begin(Pass pass, std::span<const TokenId> tokens,
                            std::span<const Row> rows,
                            std::span<const vulkan::DeviceSequence> sequences,
                            const float* residual,
                            vulkan::DeviceScratch& scratch) const;
  std::vector<float> Angles(std::span<const Row> rows) const;
  static std::vector<Row> WithTail(std::span<const Row> rows, size_t tail);
  static std::vector<vulkan::DeviceSequence> WithBegin(
      std::span<const vulkan::DeviceSequence> sequences,
      std::span<const Row> rows);
  void RecordLayers(const vulkan::DeviceBatch& batch, Executor& executor) const;
  // h = experts(h), by the processor: runs what was recorded, and begins anew.
  void RunExperts(const Experts& experts, const vulkan::DeviceBatch& batch,
                  Executor& executor) const;
  // Runs what was recorded, and takes the residual stream from the device.
  void FinishResidual(const vulkan::DeviceBatch& batch, float* residual) const;

  const ModelFile& file_;
  const PartShape shape_;
  const Hyperparameters hparams_;  // of these layers
  const bool experts_on_processor_;
  std::shared_ptr<vulkan::Device> device_;
  std::shared_ptr<vulkan::Transfers> transfers_;
  std::unique_ptr<vulkan::Kernels> kernels_;
  std::unique_ptr<vulkan::DeviceWeights> weights_;
  std::shared_ptr<vulkan::StateRoom> room_;
  vulkan::DeviceStateMemory state_memory_;
  std::vector<double> rope_frequencies_;
  vulkan::Matrix embedding_;                        // [vocab, d_model]
  std::unique_ptr<const vulkan::DeviceHead> head_;  // null: it has none
  std::vector<Layer> layers_;
  vulkan::DeviceMixer::Places places_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_DEVICE_MODEL_H_
