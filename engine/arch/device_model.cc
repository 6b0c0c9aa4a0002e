// SPDX-License-Identifier: Apache-2.0
// The decoder's forward pass (decoder.cc), recorded. What differs: attention
// keeps its keys and values in pages of the device (DeviceKv), of which a call
// brings tables; the angles of positions come from the processor, which has
// them in double; and logits are computed a few rows at a time, as those of a
// large vocabulary are many.

#include "engine/arch/device_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "engine/arch/output_head.h"
#include "engine/layers/attention.h"
#include "simd/rope.h"

namespace krait::engine {

using vulkan::Address;
using vulkan::DeviceBatch;
using vulkan::DeviceRow;
using vulkan::DeviceScratch;
using vulkan::DeviceState;

// Loading ---------------------------------------------------------------------

namespace {

// Whether the device has kernels for all layers.
Status CheckLayers(const Hyperparameters& hparams) {
  const auto refuse = [](const char* what) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{} not run on a graphics card yet", what));
  };
  if (hparams.Has(MixerKind::kMamba1)) return refuse("layers of Mamba-1 are");
  if (hparams.Has(MixerKind::kMamba2)) return refuse("layers of Mamba-2 are");
  for (const LayerKind& kind : hparams.layer_pattern) {
    if (kind.feed_forward == FeedForwardKind::kNone) {
      return refuse("layers without a feed-forward are");
    }
  }
  if (hparams.attention.head_dim > vulkan::Kernels::kMaxHeadDim) {
    return refuse("heads of more than 256 elements are");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Model>> DeviceModel::Create(
    LoadedFile loaded, std::shared_ptr<vulkan::Device> device,
    const std::filesystem::path& cache_folder) {
  const std::string path = loaded.file->path().string();
  std::shared_ptr<DeviceModel> model(
      new DeviceModel(std::move(loaded), std::move(device)));
  if (Status started = model->Start(cache_folder); !started) {
    return MakeError(started.error().code,
                     fmt::format("{}: {}", path, started.error().message));
  }
  return std::shared_ptr<const Model>(std::move(model));
}

DeviceModel::DeviceModel(LoadedFile loaded,
                         std::shared_ptr<vulkan::Device> device)
    : Model(std::move(loaded)), device_(std::move(device)) {}

Status DeviceModel::Start(const std::filesystem::path& cache_folder) {
  const Hyperparameters& hparams = hyperparameters();
  if (Status runs = CheckLayers(hparams); !runs) return runs;
  auto transfers = vulkan::Transfers::Create(device_);
  if (!transfers) return transfers.error();
  transfers_ = std::move(*transfers);
  auto kernels = vulkan::Kernels::Create(device_, cache_folder);
  if (!kernels) return kernels.error();
  kernels_ = std::move(*kernels);
  weights_ =
      std::make_unique<vulkan::DeviceWeights>(device_, transfers_, *kernels_);
  kv_memory_ = std::make_shared<const vulkan::DeviceKvMemory>(
      hparams.attention, hparams.CountLayers(MixerKind::kAttention), device_,
      transfers_);
  rope_frequencies_ = RopeFrequencies(hparams.attention);
  if (Status read = ReadWeights(); !read) return read;
  try {
    // Better now than in the middle of a call.
    const DeviceScratch room(hparams, kMaxBatch, device_);
  } catch (const vulkan::DeviceFailure& failure) {
    return MakeError(ErrorCode::kUnsupported, failure.what());
  }
  return kernels_->pipelines().Save();
}

Status DeviceModel::ReadWeights() {
  const Hyperparameters& hparams = hyperparameters();
  WeightReader read(file());
  OutputHead head;
  head.Read(hparams, read);
  embedding_ = weights_->Upload(head.embedding);
  output_norm_ = weights_->Upload(head.norm);
  output_ = head.output.data == head.embedding.data
                ? embedding_
                : weights_->Upload(head.output);
  for (size_t i = 0; i < hparams.layers && read.status(); ++i) {
    vulkan::DeviceLayerReader layer(LayerReader(hparams, i, read), *weights_);
    layers_.push_back(ReadLayer(i, layer));
  }
  return read.status() ? weights_->status() : read.status();
}

DeviceModel::Layer DeviceModel::ReadLayer(
    size_t number, vulkan::DeviceLayerReader& read) const {
  const Hyperparameters& hparams = hyperparameters();
  const bool has_experts =
      hparams.KindOf(number).feed_forward == FeedForwardKind::kExperts;
  const Address mixer_norm = read.Vector("attn_norm.weight");
  vulkan::DeviceAttention mixer(hparams.attention, number, read);
  const Address feed_forward_norm = read.Vector("ffn_norm.weight");
  if (has_experts) {
    return {mixer_norm, mixer, feed_forward_norm,
            vulkan::DeviceExperts(hparams.experts, read)};
  }
  return {mixer_norm, mixer, feed_forward_norm,
          vulkan::DeviceSwiGlu(hparams, read)};
}

size_t DeviceModel::DecodeBytes() const {
  size_t bytes = weights_->bytes();
  // Of the embedding a token reads a row.
  if (embedding_.address != output_.address) {
    bytes -= embedding_.rows * simd::RowBytes(embedding_.type, embedding_.cols);
  }
  for (const Layer& layer : layers_) {
    if (const auto* experts =
            std::get_if<vulkan::DeviceExperts>(&layer.feed_forward)) {
      bytes -= experts->unused_bytes();
    }
  }
  return bytes;
}

std::unique_ptr<State> DeviceModel::NewState() const {
  const Hyperparameters& hparams = hyperparameters();
  std::vector<size_t> attention_layers(hparams.layers);
  for (size_t i = 0; i < hparams.layers; ++i) attention_layers[i] = i;
  return std::make_unique<DeviceState>(hparams.attention, kv_memory_,
                                       std::move(attention_layers));
}

std::string DeviceModel::ExecutorName() const {
  const vulkan::DeviceInfo& info = device_->info();
  return fmt::format("vulkan {} {}", info.name, info.driver);
}

std::unique_ptr<Executor> DeviceModel::NewExecutor(WorkerPool& pool) const {
  return std::make_unique<Executor>(
      pool, 0,
      std::make_unique<DeviceScratch>(hyperparameters(), kMaxBatch, device_));
}

// Running ---------------------------------------------------------------------

void DeviceModel::Prefill(std::span<const TokenId> tokens, State& state,
                          Executor& executor, LogitsRows rows,
                          float* logits) const {
  auto& scratch = static_cast<DeviceScratch&>(executor.scratch());
  auto& device_state = static_cast<DeviceState&>(state);
  device_state.Begin(tokens.size());
  std::vector<Row> batch_rows;
  for (size_t t = 0; t < tokens.size(); ++t) {
    batch_rows.push_back({&device_state, state.position() + t});
  }
  const DeviceBatch batch = Begin(Pass::kPrefill, tokens, batch_rows, scratch);
  RecordLayers(batch);
  const size_t count = rows == LogitsRows::kAll    ? tokens.size()
                       : rows == LogitsRows::kLast ? 1
                                                   : 0;
  const size_t vocab = output_.rows;
  Finish(batch, tokens.size() - count, count,
         [=](size_t row) { return logits + row * vocab; });
  device_state.End(tokens.size());
}

void DeviceModel::Decode(std::span<const DecodeStep> steps,
                         Executor& executor) const {
  assert(steps.size() <= kMaxBatch);
  auto& scratch = static_cast<DeviceScratch&>(executor.scratch());
  std::vector<TokenId> tokens;
  std::vector<Row> rows;
  for (const DecodeStep& step : steps) {
    auto& state = static_cast<DeviceState&>(*step.state);
    state.Begin(1);
    tokens.push_back(step.token);
    rows.push_back({&state, state.position()});
  }
  const DeviceBatch batch = Begin(Pass::kDecode, tokens, rows, scratch);
  RecordLayers(batch);
  Finish(batch, 0, steps.size(), [&](size_t row) { return steps[row].logits; });
  for (const DecodeStep& step : steps) {
    static_cast<DeviceState&>(*step.state).End(1);
  }
}

DeviceBatch DeviceModel::Begin(Pass pass, std::span<const TokenId> tokens,
                               std::span<const Row> rows,
                               DeviceScratch& scratch) const {
  const Hyperparameters& hparams = hyperparameters();
  const size_t angles = hparams.attention.rope_dim / 2;
  std::vector<float> table(tokens.size() * 2 * angles);
  // The pages of each state once; its rows follow each other.
  std::vector<Address> pages;
  std::vector<size_t> first_page;
  for (size_t t = 0; t < rows.size(); ++t) {
    float* cosines = table.data() + t * 2 * angles;
    simd::RopeAngles(rows[t].position, rope_frequencies_, cosines,
                     cosines + angles);
    const bool again = t > 0 && rows[t].state == rows[t - 1].state;
    first_page.push_back(again ? first_page.back() : pages.size());
    if (!again) rows[t].state->kv().AppendAddresses(&pages);
  }
  vulkan::CallInputs& inputs = scratch.inputs;
  inputs.Begin(tokens.size_bytes() + table.size() * sizeof(float) +
                   pages.size() * sizeof(Address) +
                   rows.size() * sizeof(DeviceRow),
               4);
  const Address pages_begin = inputs.Put(std::span<const Address>(pages));
  std::vector<DeviceRow> device_rows;
  for (size_t t = 0; t < rows.size(); ++t) {
    device_rows.push_back(
        {.pages = pages_begin + first_page[t] * sizeof(Address),
         .position = static_cast<uint32_t>(rows[t].position)});
  }
  const DeviceBatch batch{
      .pass = pass,
      .tokens = tokens.size(),
      .kernels = *kernels_,
      .commands = *scratch.commands,
      .buffers = scratch,
      .rows = inputs.Put(std::span<const DeviceRow>(device_rows)),
      .angles = inputs.Put(std::span<const float>(table))};
  static_assert(sizeof(TokenId) == sizeof(uint32_t));
  const Address ids = inputs.Put(tokens);
  batch.commands.Begin();
  kernels_->Embed(batch.commands, embedding_, ids, tokens.size(),
                  hparams.embedding_scale, scratch.u);
  batch.commands.Barrier();
  return batch;
}

void DeviceModel::RecordLayers(const DeviceBatch& batch) const {
  const Hyperparameters& hparams = hyperparameters();
  const DeviceScratch& b = batch.buffers;
  const size_t d_model = hparams.d_model;
  const auto normalise = [&](Address weight) {
    kernels_->RmsNorm(batch.commands, b.u, weight, batch.tokens, d_model,
                      hparams.norm_eps, 1, b.h);
    batch.commands.Barrier();
  };
  const auto add_residual = [&] {
    kernels_->AddScaled(batch.commands, b.h, hparams.residual_scale,
                        batch.tokens * d_model, 1, b.u);
    batch.commands.Barrier();
  };
  for (const Layer& layer : layers_) {
    normalise(layer.mixer_norm);
    layer.mixer.Record(batch, b.h, b.h);
    add_residual();
    normalise(layer.feed_forward_norm);
    std::visit([&](const auto& part) { part.Record(batch, b.h, b.h); },
               layer.feed_forward);
    add_residual();
  }
}

template <class LogitsOf>
void DeviceModel::Finish(const DeviceBatch& batch, size_t first, size_t count,
                         const LogitsOf& logits_of) const {
  const Hyperparameters& hparams = hyperparameters();
  const DeviceScratch& b = batch.buffers;
  vulkan::Commands& commands = batch.commands;
  if (count == 0) return commands.Run();
  const Address rows = b.u + first * hparams.d_model * sizeof(float);
  kernels_->RmsNorm(commands, rows, output_norm_, count, hparams.d_model,
                    hparams.norm_eps, hparams.logits_scale, b.h);
  for (size_t done = 0; done < count; done += DeviceScratch::kLogitsRows) {
    const size_t size = std::min(count - done, DeviceScratch::kLogitsRows);
    if (done > 0) commands.Begin();
    commands.Barrier();
    // Nothing is computed from logits, so that they may be rounded as a
    // decode's.
    kernels_->MatVec(commands, output_,
                     b.h + done * hparams.d_model * sizeof(float), size,
                     b.logits.address, output_.rows);
    commands.Barrier();
    const size_t row_bytes = output_.rows * sizeof(float);
    commands.Copy(b.logits.First(size * row_bytes), b.host_logits);
    commands.Run();
    for (size_t row = 0; row < size; ++row) {
      std::memcpy(logits_of(done + row), b.host_logits.mapped + row * row_bytes,
                  row_bytes);
    }
  }
}

// Going on without the weights ------------------------------------------------

void DeviceModel::Replay(const BlockPieces& block, size_t rows, State& state,
                         Executor& /*executor*/) const {
  static_cast<DeviceState&>(state).Append(block, rows);
}

// Attention has nothing of a constant size.
void DeviceModel::Settle(State& /*state*/, Executor& /*executor*/) const {}

}  // namespace krait::engine
