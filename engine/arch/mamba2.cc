// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/mamba2.h"

#include <string>

namespace krait::engine {

Result<std::shared_ptr<Mamba2>> Mamba2::Create(const ModelFile& file) {
  const Hyperparameters& hparams = file.hyperparameters();
  auto model = std::make_shared<Mamba2>();
  const Mamba2Shape& shape = model->shape_ = hparams.mamba2;
  const size_t d_model = model->d_model_ = hparams.d_model;
  WeightReader read(file);
  model->head_.Read(hparams, read);
  for (size_t i = 0; i < hparams.layers && read.status(); ++i) {
    const std::string blk = "blk." + std::to_string(i) + ".";
    const size_t conv_dim = shape.conv_dim();
    Mamba2Layer layer;
    layer.norm = read.Vector(blk + "attn_norm.weight", d_model);
    layer.in_proj =
        read.Matrix(blk + "ssm_in.weight", shape.in_proj_rows(), d_model);
    layer.conv_weight = Transposed(
        read.SmallMatrix(blk + "ssm_conv1d.weight", conv_dim, shape.conv_width),
        conv_dim, shape.conv_width);
    layer.conv_bias = read.Vector(blk + "ssm_conv1d.bias", conv_dim);
    layer.dt_bias = read.Vector(blk + "ssm_dt.bias", shape.heads);
    layer.a = read.Vector(blk + "ssm_a", shape.heads);
    layer.d = read.Vector(blk + "ssm_d", shape.heads);
    layer.gate_norm = read.Vector(blk + "ssm_norm.weight", shape.d_inner);
    layer.out_proj =
        read.Matrix(blk + "ssm_out.weight", d_model, shape.d_inner);
    model->layers_.push_back(std::move(layer));
  }
  if (!read.status()) return read.status().error();
  return model;
}

size_t Mamba2::DecodeBytes() const {
  size_t bytes = WeightBytes(head_.output);
  for (const Mamba2Layer& layer : layers_) {
    bytes += WeightBytes(layer.in_proj) + WeightBytes(layer.out_proj);
  }
  return bytes;
}

std::unique_ptr<State> Mamba2::NewState() const {
  return std::make_unique<RecurrentState>(
      RecurrentLayout(shape_, layers_.size()));
}

}  // namespace krait::engine
