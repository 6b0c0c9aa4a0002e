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
#include "engine/state/recurrent_layout.h"
#include "simd/rope.h"

namespace krait::engine {

using vulkan::Address;
using vulkan::DeviceBatch;
using vulkan::DeviceRow;
using vulkan::DeviceScratch;
using vulkan::DeviceSequence;
using vulkan::DeviceState;

// Loading ---------------------------------------------------------------------

namespace {

// Whether the device has kernels for all layers, which are made.
Status PrepareLayers(const Hyperparameters& hparams, vulkan::Kernels& kernels) {
  if (hparams.Has(MixerKind::kAttention)) {
    Status made = kernels.PrepareAttention(hparams.attention.head_dim);
    if (!made) return made;
  }
  if (hparams.Has(MixerKind::kMamba1)) {
    return kernels.PrepareMamba1(hparams.mamba1);
  }
  return hparams.Has(MixerKind::kMamba2) ? kernels.PrepareMamba2(hparams.mamba2)
                                         : Status();
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
  auto transfers = vulkan::Transfers::Create(device_);
  if (!transfers) return transfers.error();
  transfers_ = std::move(*transfers);
  auto kernels = vulkan::Kernels::Create(device_, cache_folder);
  if (!kernels) return kernels.error();
  kernels_ = std::move(*kernels);
  if (Status made = PrepareLayers(hparams, *kernels_); !made) return made;
  weights_ =
      std::make_unique<vulkan::DeviceWeights>(device_, transfers_, *kernels_);
  if (hparams.Has(MixerKind::kAttention)) {
    state_memory_.kv = std::make_shared<const vulkan::DevicePageMemory>(
        2 * hparams.CountLayers(MixerKind::kAttention),
        hparams.attention.kv_heads * hparams.attention.head_dim, device_,
        transfers_);
    rope_frequencies_ = RopeFrequencies(hparams.attention);
  }
  if (hparams.IsRecurrent()) {
    state_memory_.recurrent =
        std::make_shared<const vulkan::DeviceRecurrentMemory>(
            RecurrentLayoutOf(hparams), device_, transfers_);
  }
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

DeviceModel::Layer DeviceModel::ReadLayer(size_t number,
                                          vulkan::DeviceLayerReader& read) {
  const Hyperparameters& hparams = hyperparameters();
  const LayerKind& kind = hparams.KindOf(number);
  Layer layer{.mixer_norm = read.Vector("attn_norm.weight"),
              .mixer = vulkan::DeviceMixer(kind.mixer, hparams, &places_, read),
              .feed_forward_norm = 0,
              .feed_forward = {}};
  if (kind.feed_forward == FeedForwardKind::kNone) return layer;
  layer.feed_forward_norm = read.Vector("ffn_norm.weight");
  if (kind.feed_forward == FeedForwardKind::kExperts) {
    layer.feed_forward.emplace<vulkan::DeviceExperts>(hparams.experts, read);
  } else {
    layer.feed_forward.emplace<vulkan::DeviceSwiGlu>(hparams, read);
  }
  return layer;
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
  return std::make_unique<DeviceState>(hyperparameters(), state_memory_);
}

std::string DeviceModel::ExecutorName() const {
  const vulkan::DeviceInfo& info = device_->info();
  return fmt::format("vulkan {} {} kernels {}", info.name, info.driver,
                     vulkan::Kernels::kNumericsVersion);
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
  Settle(state, executor);
  const DeviceSequence sequence =
      device_state.Begin(tokens.size(), /*record=*/true);
  std::vector<Row> batch_rows;
  for (size_t t = 0; t < tokens.size(); ++t) {
    batch_rows.push_back({&device_state, state.position() + t});
  }
  const DeviceBatch batch =
      Begin(Pass::kPrefill, tokens, batch_rows, {&sequence, 1}, scratch);
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
  std::vector<DeviceSequence> sequences;
  for (const DecodeStep& step : steps) {
    auto& state = static_cast<DeviceState&>(*step.state);
    Settle(state, executor);
    DeviceSequence sequence = state.Begin(1, /*record=*/false);
    sequence.first_token = static_cast<uint32_t>(tokens.size());
    sequences.push_back(sequence);
    tokens.push_back(step.token);
    rows.push_back({&state, state.position()});
  }
  const DeviceBatch batch =
      Begin(Pass::kDecode, tokens, rows, sequences, scratch);
  RecordLayers(batch);
  Finish(batch, 0, steps.size(), [&](size_t row) { return steps[row].logits; });
  for (const DecodeStep& step : steps) {
    static_cast<DeviceState&>(*step.state).End(1);
  }
}

namespace {

// Where the tokens of a call stand, and tables of their sequences' pages: those
// of each state once, as its rows follow each other.
class PagedRows {
 public:
  // `pages_of` appends the addresses of a state's pages.
  template <class Row, class PagesOf>
  PagedRows(std::span<const Row> rows, const PagesOf& pages_of) {
    for (size_t t = 0; t < rows.size(); ++t) {
      const bool again = t > 0 && rows[t].state == rows[t - 1].state;
      first_page_.push_back(again ? first_page_.back() : pages_.size());
      positions_.push_back(static_cast<uint32_t>(rows[t].position));
      if (!again) pages_of(*rows[t].state, &pages_);
    }
  }

  bool empty() const { return pages_.empty(); }
  size_t bytes() const {
    return pages_.size() * sizeof(Address) +
           positions_.size() * sizeof(DeviceRow);
  }
  // DeviceRow[tokens]
  Address Put(vulkan::CallInputs& inputs) const {
    const Address pages = inputs.Put(std::span<const Address>(pages_));
    std::vector<DeviceRow> rows;
    for (size_t t = 0; t < positions_.size(); ++t) {
      rows.push_back({.pages = pages + first_page_[t] * sizeof(Address),
                      .position = positions_[t]});
    }
    return inputs.Put(std::span<const DeviceRow>(rows));
  }

 private:
  std::vector<Address> pages_;
  std::vector<size_t> first_page_;
  std::vector<uint32_t> positions_;
};

}  // namespace

std::vector<float> DeviceModel::Angles(std::span<const Row> rows) const {
  const size_t angles = rope_frequencies_.size();
  std::vector<float> table(rows.size() * 2 * angles);
  for (size_t t = 0; t < rows.size(); ++t) {
    float* cosines = table.data() + t * 2 * angles;
    simd::RopeAngles(rows[t].position, rope_frequencies_, cosines,
                     cosines + angles);
  }
  return table;
}

DeviceBatch DeviceModel::Begin(Pass pass, std::span<const TokenId> tokens,
                               std::span<const Row> rows,
                               std::span<const DeviceSequence> sequences,
                               DeviceScratch& scratch) const {
  const std::vector<float> angles = Angles(rows);
  const PagedRows kv(rows, [](DeviceState& state, std::vector<Address>* to) {
    if (state.kv() != nullptr) state.kv()->AppendAddresses(to);
  });
  const PagedRows log(rows, [](DeviceState& state, std::vector<Address>* to) {
    if (state.recurrent() != nullptr) state.recurrent()->AppendAddresses(to);
  });
  vulkan::CallInputs& inputs = scratch.inputs;
  inputs.Begin(tokens.size_bytes() + angles.size() * sizeof(float) +
                   sequences.size_bytes() + kv.bytes() + log.bytes(),
               7);
  const DeviceBatch batch{.pass = pass,
                          .tokens = rows.size(),
                          .kernels = *kernels_,
                          .commands = *scratch.commands,
                          .buffers = scratch,
                          .rows = kv.Put(inputs),
                          .angles = inputs.Put(std::span<const float>(angles)),
                          .sequences = {.address = inputs.Put(sequences),
                                        .count = sequences.size()},
                          .log_rows = log.empty() ? 0 : log.Put(inputs)};
  batch.commands.Begin();
  if (tokens.empty()) return batch;
  static_assert(sizeof(TokenId) == sizeof(uint32_t));
  const Address ids = inputs.Put(tokens);
  kernels_->Embed(batch.commands, embedding_, ids, tokens.size(),
                  hyperparameters().embedding_scale, scratch.u);
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
    if (layer.feed_forward_norm == 0) continue;
    normalise(layer.feed_forward_norm);
    if (const auto* experts =
            std::get_if<vulkan::DeviceExperts>(&layer.feed_forward)) {
      experts->Record(batch, b.h, b.h);
    } else {
      std::get<vulkan::DeviceSwiGlu>(layer.feed_forward)
          .Record(batch, b.h, b.h);
    }
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
                     {.x = b.h + done * hparams.d_model * sizeof(float),
                      .x_stride = hparams.d_model,
                      .y = b.logits.address,
                      .y_stride = output_.rows},
                     size);
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
                         Executor& executor) const {
  static_cast<DeviceState&>(state).Append(block, rows);
  if (rows == kBlockTokens) Settle(state, executor);
}

// What recurrent layers have come to is brought along the log.
void DeviceModel::Settle(State& state, Executor& executor) const {
  auto& device_state = static_cast<DeviceState&>(state);
  vulkan::DeviceRecurrent* recurrent = device_state.recurrent();
  if (recurrent == nullptr || recurrent->settled()) return;
  auto& scratch = static_cast<DeviceScratch&>(executor.scratch());
  const DeviceSequence sequence = recurrent->BeginSettle();
  if (sequence.tokens > 0) {
    std::vector<Row> rows;
    for (size_t t = 0; t < sequence.tokens; ++t) {
      rows.push_back({&device_state, recurrent->base_position() + t});
    }
    const DeviceBatch batch =
        Begin(Pass::kPrefill, {}, rows, {&sequence, 1}, scratch);
    for (const Layer& layer : layers_) layer.mixer.RecordSettle(batch);
    batch.commands.Run();
  }
  device_state.EndSettle();
}

}  // namespace krait::engine
