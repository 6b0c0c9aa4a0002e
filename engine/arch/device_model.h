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
#include "engine/vulkan/device.h"
#include "engine/vulkan/device_layers.h"
#include "engine/vulkan/device_state.h"

namespace krait::engine {

// A model whose weights, states and forward pass are on a graphics card: the
// same layers as the decoder's, recorded for the device. A call is one command
// buffer. Where the device fails, calls throw vulkan::DeviceFailure; nothing of
// the model or its states can be used after that.
class DeviceModel final : public Model {
 public:
  // Copies the weights of `loaded`, which was checked, to the device.
  // kUnsupported: the device has no room for them, or the model has layers
  // that krait runs on the processor only. `cache_folder`: see
  // vulkan::Pipelines.
  static Result<std::shared_ptr<const Model>> Create(
      LoadedFile loaded, std::shared_ptr<vulkan::Device> device,
      const std::filesystem::path& cache_folder = {});

  size_t DecodeBytes() const override;
  std::unique_ptr<State> NewState() const override;
  std::string ExecutorName() const override;
  std::unique_ptr<Executor> NewExecutor(WorkerPool& pool) const override;
  void Prefill(std::span<const TokenId> tokens, State& state,
               Executor& executor, LogitsRows rows,
               float* logits) const override;
  void Decode(std::span<const DecodeStep> steps,
              Executor& executor) const override;
  void Replay(const BlockPieces& block, size_t rows, State& state,
              Executor& executor) const override;
  void Settle(State& state, Executor& executor) const override;

 private:
  struct Layer {
    vulkan::Address mixer_norm;  // [d_model]
    vulkan::DeviceMixer mixer;
    vulkan::Address feed_forward_norm;  // [d_model]; 0 without one
    std::variant<std::monostate, vulkan::DeviceSwiGlu, vulkan::DeviceExperts>
        feed_forward;
  };
  // A token of a call: the state that it advances, and where it stands.
  struct Row {
    vulkan::DeviceState* state;
    size_t position;
  };

  DeviceModel(LoadedFile loaded, std::shared_ptr<vulkan::Device> device);
  Status Start(const std::filesystem::path& cache_folder);
  Status ReadWeights();
  Layer ReadLayer(size_t number, vulkan::DeviceLayerReader& read);

  // Puts what the device needs of the tokens where it reads it, and begins to
  // record: the residual stream is there.
  vulkan::DeviceBatch Begin(Pass pass, std::span<const TokenId> tokens,
                            std::span<const Row> rows,
                            std::span<const vulkan::DeviceSequence> sequences,
                            vulkan::DeviceScratch& scratch) const;
  std::vector<float> Angles(std::span<const Row> rows) const;
  void RecordLayers(const vulkan::DeviceBatch& batch) const;
  // Runs what was recorded, with the logits of `count` rows from row `first`
  // on, which go to logits(i), [vocab] each.
  template <class LogitsOf>
  void Finish(const vulkan::DeviceBatch& batch, size_t first, size_t count,
              const LogitsOf& logits_of) const;

  std::shared_ptr<vulkan::Device> device_;
  std::shared_ptr<vulkan::Transfers> transfers_;
  std::unique_ptr<vulkan::Kernels> kernels_;
  std::unique_ptr<vulkan::DeviceWeights> weights_;
  vulkan::DeviceStateMemory state_memory_;
  std::vector<double> rope_frequencies_;
  vulkan::Matrix embedding_;         // [vocab, d_model]
  vulkan::Address output_norm_ = 0;  // [d_model]
  vulkan::Matrix output_;            // [vocab, d_model]
  std::vector<Layer> layers_;
  vulkan::DeviceMixer::Places places_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_DEVICE_MODEL_H_
