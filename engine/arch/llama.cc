// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/llama.h"

#include <string>

namespace krait::engine {

Result<std::shared_ptr<Llama>> Llama::Create(const ModelFile& file) {
  const Hyperparameters& hparams = file.hyperparameters();
  auto model = std::make_shared<Llama>();
  const LlamaShape& shape = model->shape_ = hparams.llama;
  const size_t d_model = model->d_model_ = hparams.d_model;
  const size_t q_dim = shape.heads * shape.head_dim;
  const size_t kv_dim = shape.kv_heads * shape.head_dim;
  WeightReader read(file);
  model->head_.Read(hparams, read);
  for (size_t i = 0; i < hparams.layers && read.status(); ++i) {
    const std::string blk = "blk." + std::to_string(i) + ".";
    LlamaLayer layer;
    layer.attention_norm = read.Vector(blk + "attn_norm.weight", d_model);
    layer.wq = read.Matrix(blk + "attn_q.weight", q_dim, d_model);
    layer.wk = read.Matrix(blk + "attn_k.weight", kv_dim, d_model);
    layer.wv = read.Matrix(blk + "attn_v.weight", kv_dim, d_model);
    layer.wo = read.Matrix(blk + "attn_output.weight", d_model, q_dim);
    layer.ffn_norm = read.Vector(blk + "ffn_norm.weight", d_model);
    layer.gate = read.Matrix(blk + "ffn_gate.weight", shape.d_ff, d_model);
    layer.up = read.Matrix(blk + "ffn_up.weight", shape.d_ff, d_model);
    layer.down = read.Matrix(blk + "ffn_down.weight", d_model, shape.d_ff);
    model->layers_.push_back(std::move(layer));
  }
  if (!read.status()) return read.status().error();
  return model;
}

size_t Llama::DecodeBytes() const {
  size_t bytes = WeightBytes(head_.output);
  for (const LlamaLayer& layer : layers_) {
    for (const simd::WeightView* w :
         {&layer.wq, &layer.wk, &layer.wv, &layer.wo, &layer.gate, &layer.up,
          &layer.down}) {
      bytes += WeightBytes(*w);
    }
  }
  return bytes;
}

std::unique_ptr<State> Llama::NewState() const {
  return std::make_unique<KvCache>(shape_, layers_.size());
}

}  // namespace krait::engine
