// SPDX-License-Identifier: Apache-2.0
// A layer, on the residual stream u [tokens, d_model]:
//   u += residual_scale * mixer(RMSNorm(u))
//   u += residual_scale * feed_forward(RMSNorm(u))    where the layer has one
// A call runs some tokens of one sequence (Prefill), or the next token of each
// of several (Decode), through all layers; what mixers remember is in the
// states.

#include "engine/arch/decoder.h"

#include <algorithm>
#include <string>

#include "engine/layers/layer_reader.h"
#include "engine/layers/weights.h"
#include "simd/elementwise.h"
#include "simd/norm.h"

namespace krait::engine {

// Loading ---------------------------------------------------------------------

namespace {

// Reads the layers one after the other. A mixer's state is in the place that
// it has among those of its kind.
class LayerMaker {
 public:
  LayerMaker(const Hyperparameters& hparams, WeightReader& read)
      : hparams_(hparams), read_(read) {}

  DecoderLayer Make(size_t number) {
    const LayerKind& kind = hparams_.KindOf(number);
    LayerReader read(hparams_, number, read_);
    std::vector<float> norm = read.Vector("attn_norm.weight");
    DecoderLayer layer{.mixer_norm = std::move(norm),
                       .mixer = MakeMixer(kind.mixer, read),
                       .feed_forward_norm = {},
                       .feed_forward = {}};
    if (kind.feed_forward == FeedForwardKind::kNone) return layer;
    layer.feed_forward_norm = read.Vector("ffn_norm.weight");
    if (kind.feed_forward == FeedForwardKind::kExperts) {
      layer.feed_forward.emplace<Experts>(hparams_.experts, read);
    } else {
      layer.feed_forward.emplace<SwiGlu>(hparams_, read);
    }
    return layer;
  }

 private:
  DecoderLayer::Mixer MakeMixer(MixerKind kind, LayerReader& read) {
    switch (kind) {
      case MixerKind::kMamba1:
        return Mamba1Mixer(hparams_, recurrent_layers_++, read);
      case MixerKind::kMamba2:
        return Mamba2Mixer(hparams_, recurrent_layers_++, read);
      case MixerKind::kParallel:
        return ParallelMixer(hparams_, recurrent_layers_++, attention_layers_++,
                             read);
      case MixerKind::kAttention:
        break;
    }
    return Attention(hparams_.attention, attention_layers_++, read);
  }

  const Hyperparameters& hparams_;
  WeightReader& read_;
  size_t recurrent_layers_ = 0;
  size_t attention_layers_ = 0;
};

}  // namespace

Result<std::unique_ptr<const ModelPart>> Decoder::Create(
    const ModelFile& file, const PartShape& shape) {
  const Hyperparameters& hparams = file.hyperparameters();
  WeightReader read(file);
  OutputHead head;
  head.Read(hparams, read);
  LayerMaker maker(hparams, read);
  std::vector<DecoderLayer> layers;
  for (size_t i = shape.layers.first; i < shape.layers.end() && read.status();
       ++i) {
    layers.push_back(maker.Make(i));
  }
  if (!read.status()) return read.status().error();
  return std::unique_ptr<const ModelPart>(
      new Decoder(hparams.Part(shape.layers), shape.has_head, std::move(head),
                  std::move(layers)));
}

Decoder::Decoder(const Hyperparameters& hparams, bool has_head, OutputHead head,
                 std::vector<DecoderLayer> layers)
    : hparams_(hparams),
      d_model_(hparams.d_model),
      residual_scale_(hparams.residual_scale),
      has_head_(has_head),
      head_(std::move(head)),
      layers_(std::move(layers)) {}

size_t Decoder::DecodeBytes() const {
  size_t bytes = has_head_ ? WeightBytes(head_.output) : 0;
  for (const DecoderLayer& layer : layers_) {
    bytes += std::visit([](const auto& mixer) { return mixer.weight_bytes(); },
                        layer.mixer);
    if (const auto* swiglu = std::get_if<SwiGlu>(&layer.feed_forward)) {
      bytes += swiglu->weight_bytes();
    } else if (const auto* experts =
                   std::get_if<Experts>(&layer.feed_forward)) {
      bytes += experts->weight_bytes();
    }
  }
  return bytes;
}

std::unique_ptr<State> Decoder::NewState() const {
  return std::make_unique<LayeredState>(hparams_);
}

// Running ---------------------------------------------------------------------

struct Decoder::Buffers final : public Scratch {
  Buffers(const Hyperparameters& hparams, size_t workers) {
    if (hparams.Has(MixerKind::kMamba1)) {
      mamba1.emplace(hparams.mamba1, workers);
    }
    if (hparams.Has(MixerKind::kMamba2)) {
      mamba2.emplace(hparams.mamba2, workers);
    }
    if (hparams.Has(MixerKind::kAttention)) {
      attention.emplace(hparams.attention, workers);
    }
  }

  void Begin(size_t tokens, size_t d_model) {
    rows.clear();
    runs.clear();
    logits.clear();
    if (tokens * d_model <= u.size()) return;
    u = AlignedArray<float>(tokens * d_model);
    h = AlignedArray<float>(tokens * d_model);
  }

  void AddRun(LayeredState& state, size_t count) {
    runs.push_back({.state = &state, .first = rows.size(), .count = count});
    for (size_t i = 0; i < count; ++i) {
      rows.push_back({&state, state.position() + i});
    }
  }

  std::vector<BatchRow> rows;  // of the call
  std::vector<BatchRun> runs;
  std::vector<float*> logits;  // of a decode, one per row
  AlignedArray<float> u;       // [tokens, d_model], the residual stream
  AlignedArray<float> h;       // [tokens, d_model]
  std::optional<Mamba1Mixer::Buffers> mamba1;
  std::optional<Mamba2Mixer::Buffers> mamba2;
  std::optional<Attention::Buffers> attention;
  ParallelMixer::Buffers parallel;
  SwiGlu::Buffers swiglu;
  Experts::Buffers experts;
};

std::unique_ptr<Executor> Decoder::NewExecutor(WorkerPool& pool) const {
  const Hyperparameters& hparams = hparams_;
  size_t max_cols = hparams.d_model;
  if (hparams.Has(MixerKind::kMamba1)) {
    max_cols = std::max(max_cols, hparams.mamba1.d_inner);
    max_cols = std::max(max_cols, hparams.mamba1.dt_rank);
  }
  if (hparams.Has(MixerKind::kMamba2)) {
    max_cols = std::max(max_cols, hparams.mamba2.d_inner);
  }
  if (hparams.Has(MixerKind::kAttention)) {
    max_cols = std::max(max_cols,
                        hparams.attention.heads * hparams.attention.head_dim);
  }
  if (hparams.Has(FeedForwardKind::kSwiGlu) ||
      hparams.Has(FeedForwardKind::kExperts)) {
    max_cols = std::max(max_cols, hparams.d_ff);
    max_cols = std::max(max_cols, hparams.experts.shared_d_ff);
  }
  return std::make_unique<Executor>(
      pool, max_cols, std::make_unique<Buffers>(hparams, pool.size()));
}

void Decoder::Prefill(std::span<const TokenId> tokens, State& state,
                      Executor& executor, const Residual& residual,
                      LogitsRows rows, float* logits) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  auto& layered = static_cast<LayeredState&>(state);
  b.Begin(tokens.size(), d_model_);
  b.AddRun(layered, tokens.size());
  const size_t size = tokens.size() * d_model_;
  if (residual.in == nullptr) {
    head_.Embed(tokens, b.u.data());
  } else {
    std::copy_n(residual.in, size, b.u.data());
  }
  layered.BeginPrefill(tokens.size());
  RunLayers({Pass::kPrefill, b.rows, executor, b.runs}, b);
  layered.EndPrefill(tokens.size());
  if (residual.out == nullptr) {
    head_.Logits(b.u.data(), tokens.size(), rows, executor, logits);
  } else {
    std::copy_n(b.u.data(), size, residual.out);
  }
}

void Decoder::Decode(std::span<const DecodeStep> steps, Executor& executor,
                     const Residual& residual) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  b.Begin(steps.size(), d_model_);
  for (size_t s = 0; s < steps.size();) {
    auto& layered = static_cast<LayeredState&>(*steps[s].state);
    const size_t first = s;
    while (s < steps.size() && steps[s].state == &layered) ++s;
    Settle(layered, executor);
    layered.BeginDecode(s - first);
    b.AddRun(layered, s - first);
  }
  for (size_t s = 0; s < steps.size(); ++s) {
    b.logits.push_back(steps[s].logits.all);
    if (residual.in != nullptr) continue;
    head_.Embed({&steps[s].token, 1}, b.u.data() + s * d_model_);
  }
  const size_t size = steps.size() * d_model_;
  if (residual.in != nullptr) std::copy_n(residual.in, size, b.u.data());
  RunLayers({Pass::kDecode, b.rows, executor, b.runs}, b);
  for (const BatchRun& run : b.runs) run.state->EndDecode(run.count);
  if (residual.out == nullptr) {
    head_.DecodeLogits(b.u.data(), b.logits, executor);
  } else {
    std::copy_n(b.u.data(), size, residual.out);
  }
}

// `u` from the embeddings to what the output head takes.
void Decoder::RunLayers(const Batch& batch, Buffers& b) const {
  if (b.attention) b.attention->Begin(batch);
  for (const DecoderLayer& layer : layers_) {
    Normalise(batch, layer.mixer_norm, b);
    RunMixer(batch, layer, b);
    AddResidual(batch, b);
    if (layer.feed_forward_norm.empty()) continue;
    Normalise(batch, layer.feed_forward_norm, b);
    RunFeedForward(batch, layer, b);
    AddResidual(batch, b);
  }
}

void Decoder::RunMixer(const Batch& batch, const DecoderLayer& layer,
                       Buffers& b) const {
  float* h = b.h.data();
  if (const auto* mamba1 = std::get_if<Mamba1Mixer>(&layer.mixer)) {
    mamba1->Run(batch, *b.mamba1, h, h);
  } else if (const auto* mamba2 = std::get_if<Mamba2Mixer>(&layer.mixer)) {
    mamba2->Run(batch, *b.mamba2, h, h);
  } else if (const auto* both = std::get_if<ParallelMixer>(&layer.mixer)) {
    both->Run(batch, *b.mamba2, *b.attention, b.parallel, h, h);
  } else {
    std::get<Attention>(layer.mixer).Run(batch, *b.attention, h, h);
  }
}

void Decoder::RunFeedForward(const Batch& batch, const DecoderLayer& layer,
                             Buffers& b) const {
  float* h = b.h.data();
  if (const auto* experts = std::get_if<Experts>(&layer.feed_forward)) {
    experts->Run(batch, b.experts, h, h);
  } else {
    std::get<SwiGlu>(layer.feed_forward)
        .Run(batch, batch.tokens(), b.swiglu, h, h);
  }
}

// h = RMSNorm(u) * weight
void Decoder::Normalise(const Batch& batch, const std::vector<float>& weight,
                        Buffers& b) const {
  batch.executor.pool().ForRanges(
      batch.tokens(), 1, [&](size_t begin, size_t end, size_t) {
        for (size_t t = begin; t < end; ++t) {
          simd::RmsNorm(b.u.data() + t * d_model_, weight.data(), d_model_,
                        head_.eps, b.h.data() + t * d_model_);
        }
      });
}

// u += residual_scale * h
void Decoder::AddResidual(const Batch& batch, Buffers& b) const {
  batch.executor.pool().ForRanges(
      batch.tokens(), 1, [&](size_t begin, size_t end, size_t) {
        float* h = b.h.data() + begin * d_model_;
        const size_t size = (end - begin) * d_model_;
        simd::Scale(residual_scale_, size, h);
        simd::Add(h, size, b.u.data() + begin * d_model_);
      });
}

// Going on without the weights ------------------------------------------------

void Decoder::Replay(const BlockPieces& block, size_t rows, State& state,
                     Executor& executor) const {
  static_cast<LayeredState&>(state).Append(block, rows);
  if (rows == kBlockTokens) Settle(state, executor);
}

void Decoder::Settle(State& state, Executor& executor) const {
  auto& layered = static_cast<LayeredState&>(state);
  RecurrentState* recurrent = layered.recurrent();
  if (recurrent == nullptr || recurrent->settled()) return;
  recurrent->MakeBaseMutable();
  auto& b = static_cast<Buffers&>(executor.scratch());
  for (const DecoderLayer& layer : layers_) {
    if (const auto* mamba1 = std::get_if<Mamba1Mixer>(&layer.mixer)) {
      mamba1->Settle(*recurrent, *b.mamba1, executor);
    } else if (const auto* mamba2 = std::get_if<Mamba2Mixer>(&layer.mixer)) {
      mamba2->Settle(*recurrent, *b.mamba2, executor);
    } else if (const auto* both = std::get_if<ParallelMixer>(&layer.mixer)) {
      both->mamba2().Settle(*recurrent, *b.mamba2, executor);
    }
  }
  layered.EndSettle();
}

}  // namespace krait::engine
