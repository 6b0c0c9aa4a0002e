// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_HYPERPARAMETERS_H_
#define KRAIT_ENGINE_MODEL_HYPERPARAMETERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/file/token.h"
#include "simd/rope.h"

namespace krait::engine {

// The glossary of shapes, used in comments everywhere:
//   tokens    of one call            vocab     vocabulary
//   d_model   residual stream        d_inner   Mamba's inner width
//   state, dt_rank                   Mamba-1's SSM, of each of d_inner channels
//   heads, head_dim, state, groups   Mamba-2's SSM: d_inner = heads * head_dim
//   conv_dim  = d_inner + 2 * groups * state
//   heads, kv_heads, head_dim, d_ff  attention and SwiGLU
// Arrays are row-major and written outermost first.

enum class Architecture : uint8_t {
  kMamba2,
  kLlama,
  kQwen2,
  kGranite,
  kGraniteHybrid,
  kFalconH1,
  kMamba1
};

// What a layer consists of: a mixer, which moves information between tokens,
// and mostly a feed-forward. Each has a norm before it and a residual around.
// kParallel: Mamba-2 and attention on the same input, whose outputs are added.
enum class MixerKind : uint8_t { kMamba1, kMamba2, kAttention, kParallel };
enum class FeedForwardKind : uint8_t { kNone, kSwiGlu, kExperts };

struct LayerKind {
  MixerKind mixer = MixerKind::kMamba2;
  FeedForwardKind feed_forward = FeedForwardKind::kNone;

  bool Has(MixerKind kind) const {
    const bool beside_another =
        kind == MixerKind::kMamba2 || kind == MixerKind::kAttention;
    return mixer == kind || (mixer == MixerKind::kParallel && beside_another);
  }
  // Whether it has a state of constant size (RecurrentShape).
  bool IsRecurrent() const {
    return Has(MixerKind::kMamba1) || Has(MixerKind::kMamba2);
  }
};

struct Mamba1Shape {
  size_t d_inner = 0;
  size_t state = 0;
  size_t dt_rank = 0;
  size_t conv_width = 0;

  // Rows of x_proj, in this order: narrow dt, B, C.
  size_t x_proj_rows() const { return dt_rank + 2 * state; }
};

struct Mamba2Shape {
  size_t d_inner = 0;
  size_t heads = 0;
  size_t head_dim = 0;
  size_t state = 0;
  size_t groups = 0;
  size_t conv_width = 0;
  bool has_norm = true;  // behind the gate
  // Factors of z, x, B, C and dt, and of the output.
  std::array<float, 5> input_scales = {1, 1, 1, 1, 1};
  float output_scale = 1;

  size_t conv_dim() const { return d_inner + 2 * groups * state; }
  // Rows of in_proj, in this order: z, x, B, C, dt.
  size_t in_proj_rows() const { return d_inner + conv_dim() + heads; }
};

struct AttentionShape {
  size_t heads = 0;
  size_t kv_heads = 0;
  size_t head_dim = 0;
  size_t rope_dim = 0;
  double rope_base = 10000.0;
  // What frequencies are divided by, [rope_dim / 2]; empty: by 1.
  std::vector<float> rope_divisors;
  simd::RopePairing rope_pairing = simd::RopePairing::kAdjacent;
  size_t sliding_window = 0;  // 0: none. w: position i sees i-w+1..i
  bool has_biases = false;    // of q, k and v
  bool rotates = true;        // false: positions do not show; rope_dim is 0
  float scale = 0;            // of q . k; 0: 1 / sqrt(head_dim)
  // Factors of q, k, v and of the output.
  float q_scale = 1;
  float k_scale = 1;
  float v_scale = 1;
  float output_scale = 1;
};

// A mixture of SwiGLU experts of d_ff each.
struct ExpertsShape {
  size_t count = 0;
  size_t used = 0;         // by a token
  size_t shared_d_ff = 0;  // of one more that every token uses; 0: none
};

// Some of a model's layers, which follow each other.
struct LayerRange {
  size_t first = 0;
  size_t count = 0;

  size_t end() const { return first + count; }
};

struct Hyperparameters {
  // The kind of a layer, of all `layers`.
  const LayerKind& KindOf(size_t layer) const {
    return layer_pattern[layer % layer_pattern.size()];
  }
  bool Has(MixerKind mixer) const { return CountLayers(mixer) > 0; }
  bool Has(FeedForwardKind feed_forward) const;
  // Whether any layer has a state of constant size.
  bool IsRecurrent() const {
    return Has(MixerKind::kMamba1) || Has(MixerKind::kMamba2);
  }
  // Those that are of the kind, or have it beside another.
  size_t CountLayers(MixerKind mixer) const;
  // Of a model that consists of the layers of `range` alone.
  Hyperparameters Part(const LayerRange& range) const;

  Architecture architecture = Architecture::kMamba2;
  std::string name;  // general.name, or the directory's name
  size_t vocab = 0;
  size_t d_model = 0;
  size_t layers = 0;
  size_t first_layer = 0;     // its number in the model that this is a part of
  size_t context_length = 0;  // 0: unbounded or unknown
  float norm_eps = 1e-5F;
  // Factors of the embeddings, of what each mixer and feed-forward adds to the
  // residual stream, and of the logits.
  float embedding_scale = 1;
  float residual_scale = 1;
  float logits_scale = 1;
  // The kinds of the first layers, which repeat: one if all are alike; never
  // none (CheckHyperparameters).
  std::vector<LayerKind> layer_pattern;
  // Of all layers that have such a part.
  Mamba1Shape mamba1;
  Mamba2Shape mamba2;
  AttentionShape attention;
  size_t d_ff = 0;  // feed-forward, or each expert
  // Factors of a SwiGLU's gate, before SiLU, and of its output.
  float swiglu_gate_scale = 1;
  float swiglu_output_scale = 1;
  ExpertsShape experts;
  std::optional<TokenId> file_token;  // krait.file_token_id
};

// Checks the consistency of hyperparameters that every format must satisfy:
// nothing zero or absurd, divisibilities, products that cannot overflow.
Status CheckHyperparameters(const Hyperparameters& hparams,
                            const std::string& file);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_HYPERPARAMETERS_H_
