// SPDX-License-Identifier: Apache-2.0
// The decoder's forward pass (decoder.cc), recorded. What differs: attention
// keeps its keys and values in pages of the device (DeviceKv), of which a call
// brings tables; the angles of positions come from the processor, which has
// them in double; and of the logits the largest may be all that comes back
// (DeviceHead).

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

// Of what is free when all else is there: of a card's own memory most, as
// others rarely want it; of the machine's no more than states have there by
// default.
size_t StateBytesOf(const vulkan::Device& device) {
  constexpr size_t kMostShared = size_t{1} << 30;
  const size_t free = device.FreeBytes();
  if (device.info().kind == vulkan::DeviceKind::kDiscrete) return free / 4 * 3;
  return std::min(free / 8, kMostShared);
}

}  // namespace

Result<std::unique_ptr<const ModelPart>> DeviceModel::CreatePart(
    const ModelFile& file, const PartShape& shape,
    std::shared_ptr<vulkan::Device> device, const DeviceOptions& options) {
  std::unique_ptr<DeviceModel> model(new DeviceModel(
      file, shape, std::move(device), options.experts_on_processor));
  if (Status started = model->Start(options); !started) {
    return MakeError(
        started.error().code,
        fmt::format("{}: {}", file.path().string(), started.error().message));
  }
  return std::unique_ptr<const ModelPart>(std::move(model));
}

Result<std::shared_ptr<const Model>> DeviceModel::Create(
    LoadedFile loaded, std::shared_ptr<vulkan::Device> device,
    const DeviceOptions& options) {
  auto layers =
      CreatePart(*loaded.file, PartShape::Whole(loaded.file->hyperparameters()),
                 std::move(device), options);
  if (!layers) return layers.error();
  return std::make_shared<const Model>(std::move(loaded), std::move(*layers));
}

DeviceModel::DeviceModel(const ModelFile& file, const PartShape& shape,
                         std::shared_ptr<vulkan::Device> device,
                         bool experts_on_processor)
    : file_(file),
      shape_(shape),
      hparams_(file.hyperparameters().Part(shape.layers)),
      experts_on_processor_(experts_on_processor &&
                            hparams_.Has(FeedForwardKind::kExperts)),
      device_(std::move(device)) {}

// Besides running the whole.
bool DeviceModel::NeedsProcessor() const {
  return experts_on_processor_ || !shape_.embeds || !shape_.has_head;
}

struct DeviceModel::Buffers final : public DeviceScratch {
  using DeviceScratch::DeviceScratch;

  // Of experts that the processor runs.
  std::vector<BatchRow> rows;
  std::vector<float> combined;  // [tokens, d_model]
  Experts::Buffers experts;
};

std::unique_ptr<DeviceModel::Buffers> DeviceModel::NewBuffers() const {
  Hyperparameters on_device = hparams_;
  for (LayerKind& kind : on_device.layer_pattern) {
    if (experts_on_processor_ &&
        kind.feed_forward == FeedForwardKind::kExperts) {
      kind.feed_forward = FeedForwardKind::kNone;
    }
  }
  return std::make_unique<Buffers>(on_device, Model::kMaxBatch,
                                   NeedsProcessor(), device_);
}

Status DeviceModel::Start(const DeviceOptions& options) {
  const Hyperparameters& hparams = hyperparameters();
  auto transfers = vulkan::Transfers::Create(device_);
  if (!transfers) return transfers.error();
  transfers_ = std::move(*transfers);
  auto kernels = vulkan::Kernels::Create(device_, options.cache_folder);
  if (!kernels) return kernels.error();
  kernels_ = std::move(*kernels);
  if (Status made = PrepareLayers(hparams, *kernels_); !made) return made;
  weights_ =
      std::make_unique<vulkan::DeviceWeights>(device_, transfers_, *kernels_);
  room_ = std::make_shared<vulkan::StateRoom>();
  if (hparams.Has(MixerKind::kAttention)) {
    state_memory_.kv = std::make_shared<const vulkan::DevicePageMemory>(
        2 * hparams.CountLayers(MixerKind::kAttention),
        hparams.attention.kv_heads * hparams.attention.head_dim, device_,
        transfers_, room_);
    rope_frequencies_ = RopeFrequencies(hparams.attention);
  }
  if (hparams.IsRecurrent()) {
    state_memory_.recurrent =
        std::make_shared<const vulkan::DeviceRecurrentMemory>(
            RecurrentLayoutOf(hparams), hparams.Has(MixerKind::kMamba2),
            device_, transfers_, room_);
  }
  if (Status read = ReadWeights(); !read) return read;
  try {
    // Better now than in the middle of a call.
    const auto buffers = NewBuffers();
    room_->set_budget_bytes(options.state_bytes ? *options.state_bytes
                                                : StateBytesOf(*device_));
  } catch (const vulkan::DeviceFailure& failure) {
    return MakeError(ErrorCode::kUnsupported, failure.what());
  }
  return kernels_->pipelines().Save();
}

Status DeviceModel::ReadWeights() {
  const Hyperparameters& hparams = hyperparameters();
  WeightReader read(file_);
  OutputHead head;
  head.Read(hparams, read);
  if (shape_.embeds) embedding_ = weights_->Upload(head.embedding);
  if (shape_.has_head) {
    const bool is_there =
        shape_.embeds && head.output.data == head.embedding.data;
    auto made = vulkan::DeviceHead::Create(
        {.norm = weights_->Upload(head.norm),
         .output = is_there ? embedding_ : weights_->Upload(head.output),
         .eps = hparams.norm_eps,
         .scale = hparams.logits_scale},
        kernels_->pipelines());
    if (!made) return made.error();
    head_ = std::move(*made);
  }
  for (size_t i = 0; i < hparams.layers && read.status(); ++i) {
    vulkan::DeviceLayerReader layer(
        LayerReader(file_.hyperparameters(), shape_.layers.first + i, read),
        *weights_);
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
  if (kind.feed_forward == FeedForwardKind::kExperts && experts_on_processor_) {
    layer.feed_forward.emplace<Experts>(hparams.experts, read.mapped());
  } else if (kind.feed_forward == FeedForwardKind::kExperts) {
    layer.feed_forward.emplace<vulkan::DeviceExperts>(hparams.experts, read);
  } else {
    layer.feed_forward.emplace<vulkan::DeviceSwiGlu>(hparams, read);
  }
  return layer;
}

size_t DeviceModel::DecodeBytes() const {
  size_t bytes = weights_->bytes();
  // Of the embedding a token reads a row.
  if (head_ == nullptr || embedding_.address != head_->output().address) {
    bytes -= embedding_.rows * simd::RowBytes(embedding_.type, embedding_.cols);
  }
  for (const Layer& layer : layers_) {
    if (const auto* experts =
            std::get_if<vulkan::DeviceExperts>(&layer.feed_forward)) {
      bytes -= experts->unused_bytes();
    } else if (const auto* mapped = std::get_if<Experts>(&layer.feed_forward)) {
      bytes += mapped->weight_bytes();
    }
  }
  return bytes;
}

std::unique_ptr<State> DeviceModel::NewState() const {
  return std::make_unique<DeviceState>(hyperparameters(), state_memory_);
}

std::string DeviceModel::ExecutorName() const {
  const vulkan::DeviceInfo& info = device_->info();
  std::string name =
      fmt::format("vulkan {} {} kernels {}", info.name, info.driver,
                  vulkan::Kernels::kNumericsVersion);
  if (experts_on_processor_) name += ", experts " + Executor::Name();
  return name;
}

std::unique_ptr<Executor> DeviceModel::NewExecutor(WorkerPool& pool) const {
  const Hyperparameters& hparams = hyperparameters();
  const size_t max_cols = experts_on_processor_
                              ? std::max({hparams.d_model, hparams.d_ff,
                                          hparams.experts.shared_d_ff})
                              : 0;
  return std::make_unique<Executor>(pool, max_cols, NewBuffers());
}

// Running ---------------------------------------------------------------------

void DeviceModel::Prefill(std::span<const TokenId> tokens, State& state,
                          Executor& executor, const Residual& residual,
                          LogitsRows rows, float* logits) const {
  auto& scratch = static_cast<DeviceScratch&>(executor.scratch());
  auto& device_state = static_cast<DeviceState&>(state);
  const vulkan::DeviceRecurrent* recurrent = device_state.recurrent();
  if (recurrent != nullptr && !recurrent->CanBegin(/*record=*/true)) {
    Settle(state, executor);
  }
  const DeviceSequence sequence =
      device_state.Begin(tokens.size(), /*record=*/true);
  std::vector<Row> batch_rows;
  for (size_t t = 0; t < tokens.size(); ++t) {
    batch_rows.push_back({&device_state, state.position() + t});
  }
  const DeviceBatch batch = Begin(Pass::kPrefill, tokens, batch_rows,
                                  {&sequence, 1}, residual.in, scratch);
  RecordLayers(batch, executor);
  const size_t count = rows == LogitsRows::kAll    ? tokens.size()
                       : rows == LogitsRows::kLast ? 1
                                                   : 0;
  if (residual.out == nullptr) {
    std::vector<LogitsTarget> targets(count);
    for (size_t row = 0; row < count; ++row) {
      targets[row].all = logits + row * hyperparameters().vocab;
    }
    head_->Run(batch, tokens.size() - count, targets);
  } else {
    FinishResidual(batch, residual.out);
  }
  device_state.End(tokens.size());
}

void DeviceModel::Decode(std::span<const DecodeStep> steps, Executor& executor,
                         const Residual& residual) const {
  assert(steps.size() <= Model::kMaxBatch);
  auto& scratch = static_cast<DeviceScratch&>(executor.scratch());
  std::vector<TokenId> tokens;
  std::vector<Row> rows;
  std::vector<DeviceSequence> sequences;
  std::vector<LogitsTarget> targets;
  for (const DecodeStep& step : steps) {
    auto& state = static_cast<DeviceState&>(*step.state);
    Settle(state, executor);
    DeviceSequence sequence = state.Begin(1, /*record=*/false);
    sequence.first_token = static_cast<uint32_t>(tokens.size());
    sequences.push_back(sequence);
    tokens.push_back(step.token);
    rows.push_back({&state, state.position()});
    targets.push_back(step.logits);
  }
  const DeviceBatch batch =
      Begin(Pass::kDecode, tokens, rows, sequences, residual.in, scratch);
  RecordLayers(batch, executor);
  if (residual.out == nullptr) {
    head_->Run(batch, 0, targets);
  } else {
    FinishResidual(batch, residual.out);
  }
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

// Rows with those of `tail` tokens of their one sequence before.
std::vector<DeviceModel::Row> DeviceModel::WithTail(std::span<const Row> rows,
                                                    size_t tail) {
  std::vector<Row> all;
  for (size_t t = 0; t < tail; ++t) {
    const Row& first = rows.front();
    all.push_back({first.state, first.position - tail + t});
  }
  all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

// Sequences with where they begin.
std::vector<DeviceSequence> DeviceModel::WithBegin(
    std::span<const DeviceSequence> sequences, std::span<const Row> rows) {
  std::vector<DeviceSequence> runs(sequences.begin(), sequences.end());
  for (DeviceSequence& run : runs) {
    vulkan::DeviceRecurrent* const recurrent =
        rows[run.first_token].state->recurrent();
    if (recurrent != nullptr) run.from = recurrent->from();
  }
  return runs;
}

DeviceBatch DeviceModel::Begin(Pass pass, std::span<const TokenId> tokens,
                               std::span<const Row> rows,
                               std::span<const DeviceSequence> sequences,
                               const float* residual,
                               DeviceScratch& scratch) const {
  room_->BeginCall();  // what it needs is told below
  const std::vector<float> angles = Angles(rows);
  const PagedRows kv(rows, [](DeviceState& state, std::vector<Address>* to) {
    if (state.kv() != nullptr) state.kv()->AppendAddresses(to);
  });
  const size_t tail =
      tokens.empty() || sequences.empty() ? 0 : sequences.front().first_output;
  const std::vector<Row> log_rows = WithTail(rows, tail);
  const PagedRows log(std::span<const Row>(log_rows),
                      [](DeviceState& state, std::vector<Address>* to) {
                        if (state.recurrent() != nullptr)
                          state.recurrent()->AppendAddresses(to);
                      });
  const std::vector<DeviceSequence> runs = WithBegin(sequences, rows);
  vulkan::CallInputs& inputs = scratch.inputs;
  inputs.Begin(tokens.size_bytes() + angles.size() * sizeof(float) +
                   sequences.size_bytes() + kv.bytes() + log.bytes(),
               7);
  const DeviceBatch batch{
      .pass = pass,
      .tokens = rows.size(),
      .kernels = *kernels_,
      .commands = *scratch.commands,
      .buffers = scratch,
      .rows = kv.Put(inputs),
      .angles = inputs.Put(std::span<const float>(angles)),
      .sequences = {.address =
                        inputs.Put(std::span<const DeviceSequence>(runs)),
                    .count = runs.size()},
      .tail = tail,
      .log_rows = log.empty() ? 0 : log.Put(inputs)};
  batch.commands.Begin();
  if (tokens.empty()) return batch;
  if (residual != nullptr) {
    const size_t bytes =
        tokens.size() * hyperparameters().d_model * sizeof(float);
    std::memcpy(scratch.upload.mapped, residual, bytes);
    batch.commands.Copy(scratch.upload.First(bytes), scratch.u_array);
    batch.commands.Barrier();
    return batch;
  }
  static_assert(sizeof(TokenId) == sizeof(uint32_t));
  const Address ids = inputs.Put(tokens);
  kernels_->Embed(batch.commands, embedding_, ids, tokens.size(),
                  hyperparameters().embedding_scale, scratch.u);
  batch.commands.Barrier();
  return batch;
}

void DeviceModel::RecordLayers(const DeviceBatch& batch,
                               Executor& executor) const {
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
    } else if (const auto* mapped = std::get_if<Experts>(&layer.feed_forward)) {
      RunExperts(*mapped, batch, executor);
    } else {
      std::get<vulkan::DeviceSwiGlu>(layer.feed_forward)
          .Record(batch, b.h, b.h);
    }
    add_residual();
  }
}

void DeviceModel::RunExperts(const Experts& experts, const DeviceBatch& batch,
                             Executor& executor) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  const size_t floats = batch.tokens * hyperparameters().d_model;
  const size_t bytes = floats * sizeof(float);
  batch.commands.Copy(b.h_array.First(bytes), b.download);
  batch.commands.Run();
  b.rows.resize(batch.tokens);
  b.combined.resize(std::max(b.combined.size(), floats));
  experts.Run({batch.pass, b.rows, executor}, b.experts,
              reinterpret_cast<const float*>(b.download.mapped),
              b.combined.data());
  std::memcpy(b.upload.mapped, b.combined.data(), bytes);
  batch.commands.Begin();
  batch.commands.Copy(b.upload.First(bytes), b.h_array);
  batch.commands.Barrier();
}

void DeviceModel::FinishResidual(const DeviceBatch& batch,
                                 float* residual) const {
  const DeviceScratch& b = batch.buffers;
  const size_t bytes = batch.tokens * hyperparameters().d_model * sizeof(float);
  batch.commands.Copy(b.u_array.First(bytes), b.download);
  batch.commands.Run();
  std::memcpy(residual, b.download.mapped, bytes);
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
        Begin(Pass::kPrefill, {}, rows, {&sequence, 1}, nullptr, scratch);
    for (const Layer& layer : layers_) layer.mixer.RecordSettle(batch);
    batch.commands.Run();
  }
  device_state.EndSettle();
}

}  // namespace krait::engine
