// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace krait::engine {
namespace {

struct Rename {
  std::string_view from;
  std::string_view to;
};

// Names of modules: ".weight" or ".bias" follows.
constexpr Rename kMamba2Globals[] = {
    {"backbone.embeddings", "token_embd"},
    {"backbone.embedding", "token_embd"},  // mamba_ssm, and so Mistral
    {"backbone.norm_f", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kMamba2Modules[] = {
    {"norm", "attn_norm"},         {"mixer.in_proj", "ssm_in"},
    {"mixer.out_proj", "ssm_out"}, {"mixer.conv1d", "ssm_conv1d"},
    {"mixer.norm", "ssm_norm"},
};
// Names of parameters.
constexpr Rename kMamba2Parameters[] = {
    {"mixer.dt_bias", "ssm_dt.bias"},
    {"mixer.A_log", "ssm_a"},
    {"mixer.D", "ssm_d"},
};
constexpr Rename kLlamaGlobals[] = {
    {"model.embed_tokens", "token_embd"},
    {"model.norm", "output_norm"},
    {"lm_head", "output"},
};
constexpr Rename kLlamaModules[] = {
    {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"},
    {"self_attn.q_proj", "attn_q"},   {"self_attn.k_proj", "attn_k"},
    {"self_attn.v_proj", "attn_v"},   {"self_attn.o_proj", "attn_output"},
    {"mlp.gate_proj", "ffn_gate"},    {"mlp.up_proj", "ffn_up"},
    {"mlp.down_proj", "ffn_down"},
};

struct Naming {
  std::string_view layers;  // before a layer's number
  std::span<const Rename> globals;
  std::span<const Rename> modules;
  std::span<const Rename> parameters;
};

const Naming& NamingOf(Architecture architecture) {
  static constexpr Naming kMamba2 = {"backbone.layers.", kMamba2Globals,
                                     kMamba2Modules, kMamba2Parameters};
  static constexpr Naming kLlama = {
      "model.layers.", kLlamaGlobals, kLlamaModules, {}};
  return architecture == Architecture::kMamba2 ? kMamba2 : kLlama;
}

std::string_view Lookup(std::span<const Rename> table, std::string_view name) {
  const auto it = std::find_if(
      table.begin(), table.end(),
      [name](const Rename& rename) { return rename.from == name; });
  return it == table.end() ? std::string_view() : it->to;
}

// "mixer.in_proj.bias" with modules' names gives "ssm_in.bias".
std::string RenameModule(std::span<const Rename> table, std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view kind = name.substr(dot);
  if (kind != ".weight" && kind != ".bias") return {};
  const std::string_view renamed = Lookup(table, name.substr(0, dot));
  return renamed.empty() ? std::string() : fmt::format("{}{}", renamed, kind);
}

// A layer's number as written by programs: no sign, no leading zero.
bool IsLayerNumber(std::string_view text) {
  return !text.empty() && text.size() <= 6 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; }) &&
         (text.size() == 1 || text.front() != '0');
}

// Mistral's layout puts all of mamba_ssm's names below "model.".
std::string_view WithoutMistralsPrefix(Architecture architecture,
                                       std::string_view name) {
  if (architecture == Architecture::kMamba2 && name.starts_with("model.")) {
    name.remove_prefix(6);
  }
  return name;
}

}  // namespace

std::string CanonicalTensorName(Architecture architecture,
                                std::string_view name) {
  name = WithoutMistralsPrefix(architecture, name);
  const Naming& naming = NamingOf(architecture);
  if (!name.starts_with(naming.layers)) {
    return RenameModule(naming.globals, name);
  }
  name.remove_prefix(naming.layers.size());
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view layer = name.substr(0, dot);
  if (!IsLayerNumber(layer)) return {};
  name.remove_prefix(dot + 1);
  const std::string_view parameter = Lookup(naming.parameters, name);
  const std::string renamed = parameter.empty()
                                  ? RenameModule(naming.modules, name)
                                  : std::string(parameter);
  return renamed.empty() ? std::string()
                         : fmt::format("blk.{}.{}", layer, renamed);
}

bool CanLeaveOutTensor(Architecture architecture, std::string_view name) {
  if (name.ends_with(".rotary_emb.inv_freq")) return true;
  name = WithoutMistralsPrefix(architecture, name);
  const Naming& naming = NamingOf(architecture);
  if (name.starts_with(naming.layers)) return false;
  return std::ranges::none_of(naming.globals, [name](const Rename& module) {
    return name.starts_with(module.from) &&
           name.substr(module.from.size()).starts_with('.');
  });
}

}  // namespace krait::engine
