// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_MODEL_TENSORS_H_
#define KRAIT_ENGINE_MODEL_MODEL_TENSORS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/model/hyperparameters.h"
#include "engine/model/model_file.h"

namespace krait::engine {

// A tensor that an architecture needs.
struct TensorSpec {
  std::string name;
  std::vector<size_t> shape;
};

// Return what a model with (checked) `hparams` consists of, under canonical
// names and shapes; there is no other list of what a kind of layer has.
// output.weight is not in it: without it, token_embd.weight is the output head
// too.
std::vector<TensorSpec> GlobalTensors(const Hyperparameters& hparams);
std::vector<TensorSpec> LayerTensors(const Hyperparameters& hparams,
                                     size_t layer);

// Returns what a layer's list says of a tensor by its name in the layer
// ("attn_q.weight"); null if the layer has none.
const TensorSpec* FindTensorSpec(std::span<const TensorSpec> layer,
                                 std::string_view name);

// Replaces the matrices of all experts that some files stack into one tensor,
// ffn_gate_exps [experts, d_ff, d_model], by one for each expert, ffn_gate.0
// and so on. Without experts, the feed-forward that some name as the one that
// all tokens use, ffn_gate_shexp, is ffn_gate.
void SplitExperts(const Hyperparameters& hparams, std::vector<Tensor>* tensors);

// Replaces each ffn_gate_up, whose first half of rows is ffn_gate, by the two.
void SplitGateUp(std::vector<Tensor>* tensors);

// Drops dimensions of one and groupings with which files describe the same
// bytes: ssm_a [heads, 1], ssm_norm [groups, d_inner / groups], ssm_conv1d
// [conv_dim, 1, conv_width].
void NormaliseShapes(const Hyperparameters& hparams,
                     std::vector<Tensor>* tensors);

// Checks that `file` has all its architecture's tensors, in the right shapes
// and in types that run, and none that would change the result and that krait
// does not know how to apply: more layers, anything else in a layer (biases,
// norms of queries, experts, adapters), rotary factors.
Status CheckTensors(const ModelFile& file);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_MODEL_TENSORS_H_
