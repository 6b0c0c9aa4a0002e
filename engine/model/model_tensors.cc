// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <string_view>
#include <utility>

#include "engine/file/printable.h"
#include "engine/model/architecture.h"
#include "engine/model/rope_fields.h"

namespace krait::engine {
namespace {

// The tensors of one layer, under its prefix.
class LayerList {
 public:
  LayerList(const Hyperparameters& hparams, std::string prefix)
      : hparams_(hparams), prefix_(std::move(prefix)) {}

  void AddMixer(MixerKind mixer) {
    Add("attn_norm.weight", {hparams_.d_model});
    const LayerKind kind{.mixer = mixer};
    if (kind.Has(MixerKind::kMamba1)) AddMamba1();
    if (kind.Has(MixerKind::kMamba2)) AddMamba2();
    if (kind.Has(MixerKind::kAttention)) AddAttention();
  }

  void AddFeedForward(FeedForwardKind feed_forward) {
    if (feed_forward == FeedForwardKind::kNone) return;
    const size_t d = hparams_.d_model;
    Add("ffn_norm.weight", {d});
    if (feed_forward == FeedForwardKind::kSwiGlu) {
      return AddSwiGlu("", hparams_.d_ff);
    }
    const ExpertsShape& experts = hparams_.experts;
    Add("ffn_gate_inp.weight", {experts.count, d});
    for (size_t e = 0; e < experts.count; ++e) {
      AddSwiGlu(fmt::format(".{}", e), hparams_.d_ff);
    }
    if (experts.shared_d_ff > 0) AddSwiGlu("_shexp", experts.shared_d_ff);
  }

  std::vector<TensorSpec> Take() { return std::move(specs_); }

 private:
  void Add(std::string_view name, std::vector<size_t> shape) {
    specs_.push_back({fmt::format("{}{}", prefix_, name), std::move(shape)});
  }

  void AddMamba1() {
    const Mamba1Shape& m = hparams_.mamba1;
    Add("ssm_in.weight", {2 * m.d_inner, hparams_.d_model});
    Add("ssm_conv1d.weight", {m.d_inner, m.conv_width});
    Add("ssm_conv1d.bias", {m.d_inner});
    Add("ssm_x.weight", {m.x_proj_rows(), m.d_inner});
    Add("ssm_dt.weight", {m.d_inner, m.dt_rank});
    Add("ssm_dt.bias", {m.d_inner});
    Add("ssm_a", {m.d_inner, m.state});
    Add("ssm_d", {m.d_inner});
    Add("ssm_out.weight", {hparams_.d_model, m.d_inner});
  }

  void AddMamba2() {
    const Mamba2Shape& m = hparams_.mamba2;
    Add("ssm_in.weight", {m.in_proj_rows(), hparams_.d_model});
    Add("ssm_conv1d.weight", {m.conv_dim(), m.conv_width});
    Add("ssm_conv1d.bias", {m.conv_dim()});
    Add("ssm_dt.bias", {m.heads});
    Add("ssm_a", {m.heads});
    Add("ssm_d", {m.heads});
    if (m.has_norm) Add("ssm_norm.weight", {m.d_inner});
    Add("ssm_out.weight", {hparams_.d_model, m.d_inner});
  }

  void AddAttention() {
    const AttentionShape& a = hparams_.attention;
    const size_t d = hparams_.d_model;
    Add("attn_q.weight", {a.heads * a.head_dim, d});
    Add("attn_k.weight", {a.kv_heads * a.head_dim, d});
    Add("attn_v.weight", {a.kv_heads * a.head_dim, d});
    Add("attn_output.weight", {d, a.heads * a.head_dim});
    if (!a.has_biases) return;
    Add("attn_q.bias", {a.heads * a.head_dim});
    Add("attn_k.bias", {a.kv_heads * a.head_dim});
    Add("attn_v.bias", {a.kv_heads * a.head_dim});
  }

  // `which` one of several: ".3", "_shexp".
  void AddSwiGlu(std::string_view which, size_t d_ff) {
    const size_t d = hparams_.d_model;
    Add(fmt::format("ffn_gate{}.weight", which), {d_ff, d});
    Add(fmt::format("ffn_up{}.weight", which), {d_ff, d});
    Add(fmt::format("ffn_down{}.weight", which), {d, d_ff});
  }

  const Hyperparameters& hparams_;
  std::string prefix_;
  std::vector<TensorSpec> specs_;
};

// A shape that some files give a layer's tensor.
struct OtherShape {
  std::string_view name;
  std::vector<size_t> in_file;
  std::vector<size_t> canonical;
};

std::vector<OtherShape> OtherShapes(const Hyperparameters& hparams) {
  if (hparams.Has(MixerKind::kMamba1)) {
    const Mamba1Shape& m = hparams.mamba1;
    return {{"ssm_conv1d.weight",
             {m.d_inner, 1, m.conv_width},
             {m.d_inner, m.conv_width}}};
  }
  if (!hparams.Has(MixerKind::kMamba2)) return {};
  const Mamba2Shape& m = hparams.mamba2;
  return {{"ssm_a", {m.heads, 1}, {m.heads}},
          {"ssm_d", {m.heads, 1}, {m.heads}},
          {"ssm_norm.weight", {m.groups, m.d_inner / m.groups}, {m.d_inner}},
          {"ssm_conv1d.weight",
           {m.conv_dim(), 1, m.conv_width},
           {m.conv_dim(), m.conv_width}}};
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

// Whether a layer has such a tensor (`rest` as split off by SplitLayerName), or
// its architecture says that it changes nothing.
bool BelongsToLayer(const Hyperparameters& hparams, size_t layer,
                    std::string_view rest) {
  const auto harmless = InfoOf(hparams.architecture).harmless;
  return FindTensorSpec(LayerTensors(hparams, layer), rest) != nullptr ||
         std::ranges::any_of(harmless, [rest](std::string_view name) {
           return rest.starts_with(name);
         });
}

// Whether a tensor of no layer changes the result in a way that krait does not
// know: another parameter of a module that it does know, or of one before or
// behind the layers that other variants of the architectures have.
bool ChangesTheResult(const Hyperparameters& hparams, std::string_view name) {
  if (name == kRopeDivisorsTensor) return !hparams.Has(MixerKind::kAttention);

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
  const Hyperparameters& hparams = file.hyperparameters();
  for (const Tensor& tensor : file.tensors()) {
    size_t layer = 0;
    std::string_view rest;
    const bool of_layer = SplitLayerName(tensor.name, &layer, &rest);
    if (of_layer && layer >= hparams.layers) {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: tensor '{}' is beyond the model's {} layers",
                      file.path().string(), Printable(tensor.name),
                      hparams.layers));
    }
    if (of_layer ? !BelongsToLayer(hparams, layer, rest)
                 : ChangesTheResult(hparams, tensor.name)) {
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
  const LayerKind& kind = hparams.KindOf(layer);
  LayerList list(hparams, fmt::format("blk.{}.", layer));
  list.AddMixer(kind.mixer);
  list.AddFeedForward(kind.feed_forward);
  return list.Take();
}

const TensorSpec* FindTensorSpec(std::span<const TensorSpec> layer,
                                 std::string_view name) {
  for (const TensorSpec& spec : layer) {
    size_t number = 0;
    std::string_view rest;
    if (SplitLayerName(spec.name, &number, &rest) && rest == name) return &spec;
  }
  return nullptr;
}

void SplitExperts(const Hyperparameters& hparams,
                  std::vector<Tensor>* tensors) {
  if (!hparams.Has(FeedForwardKind::kExperts)) {
    for (Tensor& tensor : *tensors) {
      const size_t shared = tensor.name.rfind("_shexp.weight");
      if (shared != tensor.name.npos) tensor.name.erase(shared, 6);
    }
    return;
  }
  std::vector<Tensor> split;
  for (Tensor& tensor : *tensors) {
    const std::string_view name = tensor.name;
    const size_t stacked = name.rfind("_exps.weight");
    if (stacked == name.npos || tensor.shape.size() != 3 ||
        tensor.shape[0] != hparams.experts.count) {
      split.push_back(std::move(tensor));
      continue;
    }
    const size_t bytes = tensor.bytes / tensor.shape[0];
    for (size_t e = 0; e < tensor.shape[0]; ++e) {
      split.push_back(
          {.name = fmt::format("{}.{}.weight", name.substr(0, stacked), e),
           .type = tensor.type,
           .shape = {tensor.shape[1], tensor.shape[2]},
           .data = tensor.data + e * bytes,
           .bytes = bytes});
    }
  }
  *tensors = std::move(split);
}

void SplitGateUp(std::vector<Tensor>* tensors) {
  constexpr std::string_view kBoth = "ffn_gate_up";
  std::vector<Tensor> halves;
  for (Tensor& tensor : *tensors) {
    const size_t at = tensor.name.find(kBoth);
    if (at == tensor.name.npos || tensor.shape.size() != 2 ||
        tensor.shape[0] % 2 != 0) {
      continue;
    }
    Tensor up = tensor;
    tensor.name.replace(at, kBoth.size(), "ffn_gate");
    up.name.replace(at, kBoth.size(), "ffn_up");
    tensor.shape[0] /= 2;
    tensor.bytes /= 2;
    up.shape = tensor.shape;
    up.bytes = tensor.bytes;
    up.data += tensor.bytes;
    halves.push_back(std::move(up));
  }
  std::ranges::move(halves, std::back_inserter(*tensors));
}

void NormaliseShapes(const Hyperparameters& hparams,
                     std::vector<Tensor>* tensors) {
  // llama.cpp's converter leaves the end of a norm's name away for Falcon-H1.
  for (Tensor& tensor : *tensors) {
    if (tensor.name.ends_with(".ffn_norm")) tensor.name += ".weight";
  }
  const std::vector<OtherShape> alternatives = OtherShapes(hparams);
  for (Tensor& tensor : *tensors) {
    size_t layer = 0;
    std::string_view rest;
    if (!SplitLayerName(tensor.name, &layer, &rest)) continue;
    for (const OtherShape& alternative : alternatives) {
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
  if (file.Find(kRopeDivisorsTensor) != nullptr) {
    Status status = RequireAll(
        file, {{kRopeDivisorsTensor, {hparams.attention.rope_dim / 2}}});
    if (!status) return status;
  }
  for (size_t layer = 0; layer < hparams.layers; ++layer) {
    Status status = RequireAll(file, LayerTensors(hparams, layer));
    if (!status) return status;
  }
  return CheckNothingUnknown(file);
}

}  // namespace krait::engine
