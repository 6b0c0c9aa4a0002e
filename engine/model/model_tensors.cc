// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "engine/file/printable.h"

namespace krait::engine {
namespace {

std::vector<TensorSpec> Mamba2Layer(const Hyperparameters& hparams,
                                    const std::string& blk) {
  const Mamba2Shape& m = hparams.mamba2;
  return {
      {blk + "attn_norm.weight", {hparams.d_model}},
      {blk + "ssm_in.weight", {m.in_proj_rows(), hparams.d_model}},
      {blk + "ssm_conv1d.weight", {m.conv_dim(), m.conv_width}},
      {blk + "ssm_conv1d.bias", {m.conv_dim()}},
      {blk + "ssm_dt.bias", {m.heads}},
      {blk + "ssm_a", {m.heads}},
      {blk + "ssm_d", {m.heads}},
      {blk + "ssm_norm.weight", {m.d_inner}},
      {blk + "ssm_out.weight", {hparams.d_model, m.d_inner}},
  };
}

std::vector<TensorSpec> LlamaLayer(const Hyperparameters& hparams,
                                   const std::string& blk) {
  const LlamaShape& a = hparams.llama;
  const size_t d = hparams.d_model;
  return {
      {blk + "attn_norm.weight", {d}},
      {blk + "attn_q.weight", {a.heads * a.head_dim, d}},
      {blk + "attn_k.weight", {a.kv_heads * a.head_dim, d}},
      {blk + "attn_v.weight", {a.kv_heads * a.head_dim, d}},
      {blk + "attn_output.weight", {d, a.heads * a.head_dim}},
      {blk + "ffn_norm.weight", {d}},
      {blk + "ffn_gate.weight", {a.d_ff, d}},
      {blk + "ffn_up.weight", {a.d_ff, d}},
      {blk + "ffn_down.weight", {d, a.d_ff}},
  };
}

// Splits "blk.12.ssm_a" into 12 and "ssm_a"; false for other names.
bool SplitLayerName(std::string_view name, size_t* layer,
                    std::string_view* rest) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, *layer);
  if (error != std::errc() || stop == end || *stop != '.') return false;
  *rest = name.substr(static_cast<size_t>(stop - name.data()) + 1);
  return true;
}

// Whether a layer of the architecture has such a tensor (`rest` as split off by
// SplitLayerName), or it changes nothing: rotary frequencies that old
// converters wrote down.
bool BelongsToLayer(const std::vector<TensorSpec>& first_layer,
                    std::string_view rest) {
  if (rest.starts_with("attn_rot_embd")) return true;
  return std::ranges::any_of(first_layer, [rest](const TensorSpec& spec) {
    return spec.name.ends_with(rest) &&
           spec.name.size() == rest.size() + std::string_view("blk.0.").size();
  });
}

// Whether a tensor of no layer changes the result in a way that krait does not
// know: another parameter of a module that it does know, or of one before or
// behind the layers that other variants of the architectures have.
bool ChangesTheResult(std::string_view name) {
  constexpr std::array<std::string_view, 3> kKnown = {
      "token_embd.weight", "output_norm.weight", "output.weight"};
  constexpr std::array<std::string_view, 5> kModules = {
      "token_embd", "output", "rope_", "position_embd", "token_types"};
  if (std::ranges::find(kKnown, name) != kKnown.end()) return false;
  return std::ranges::any_of(kModules, [name](std::string_view module) {
    return name.starts_with(module);
  });
}

Status CheckNothingUnknown(const ModelFile& file) {
  const auto first_layer = LayerTensors(file.hyperparameters(), 0);
  for (const Tensor& tensor : file.tensors()) {
    size_t layer = 0;
    std::string_view rest;
    const bool of_layer = SplitLayerName(tensor.name, &layer, &rest);
    if (of_layer && layer >= file.hyperparameters().layers) {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: tensor '{}' is beyond the model's {} layers",
                      file.path().string(), Printable(tensor.name),
                      file.hyperparameters().layers));
    }
    if (of_layer ? !BelongsToLayer(first_layer, rest)
                 : ChangesTheResult(tensor.name)) {
      return MakeError(
          ErrorCode::kUnsupported,
          fmt::format("{}: not supported yet: tensor '{}'",
                      file.path().string(), Printable(tensor.name)));
    }
  }
  return {};
}

Status RequireAll(const ModelFile& file, const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs) {
    Result<const Tensor*> tensor = file.Require(spec.name, spec.shape);
    if (!tensor) return tensor.error();
  }
  return {};
}

}  // namespace

std::vector<TensorSpec> GlobalTensors(const Hyperparameters& hparams) {
  return {{"token_embd.weight", {hparams.vocab, hparams.d_model}},
          {"output_norm.weight", {hparams.d_model}}};
}

std::vector<TensorSpec> LayerTensors(const Hyperparameters& hparams,
                                     size_t layer) {
  const std::string blk = fmt::format("blk.{}.", layer);
  return hparams.architecture == Architecture::kMamba2
             ? Mamba2Layer(hparams, blk)
             : LlamaLayer(hparams, blk);
}

void NormaliseShapes(const Hyperparameters& hparams,
                     std::vector<Tensor>* tensors) {
  if (hparams.architecture != Architecture::kMamba2) return;
  using Shape = std::vector<size_t>;
  const Mamba2Shape& m = hparams.mamba2;
  struct Alternative {
    std::string_view name;
    Shape in_file;
    Shape canonical;
  };
  const std::array<Alternative, 4> alternatives = {{
      {"ssm_a", {m.heads, 1}, {m.heads}},
      {"ssm_d", {m.heads, 1}, {m.heads}},
      {"ssm_norm.weight", {m.groups, m.d_inner / m.groups}, {m.d_inner}},
      {"ssm_conv1d.weight",
       {m.conv_dim(), 1, m.conv_width},
       {m.conv_dim(), m.conv_width}},
  }};
  for (Tensor& tensor : *tensors) {
    size_t layer = 0;
    std::string_view rest;
    if (!SplitLayerName(tensor.name, &layer, &rest)) continue;
    for (const Alternative& alternative : alternatives) {
      if (rest == alternative.name && tensor.shape == alternative.in_file) {
        tensor.shape = alternative.canonical;
      }
    }
  }
}

Status CheckTensors(const ModelFile& file) {
  const Hyperparameters& hparams = file.hyperparameters();
  if (Status status = RequireAll(file, GlobalTensors(hparams)); !status) {
    return status;
  }
  if (file.Find("output.weight") != nullptr) {
    Status status =
        RequireAll(file, {{"output.weight", {hparams.vocab, hparams.d_model}}});
    if (!status) return status;
  }
  for (size_t layer = 0; layer < hparams.layers; ++layer) {
    Status status = RequireAll(file, LayerTensors(hparams, layer));
    if (!status) return status;
  }
  return CheckNothingUnknown(file);
}

}  // namespace krait::engine
