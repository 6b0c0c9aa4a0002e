// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "engine/model/architecture.h"

namespace krait::engine {
namespace {

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

// A number as written by programs: no sign, no leading zero.
bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 6 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; }) &&
         (text.size() == 1 || text.front() != '0');
}

// "block_sparse_moe.experts.3.w1.weight" gives "ffn_gate.3.weight".
std::string RenameExpert(const HfNaming& naming, std::string_view name) {
  name.remove_prefix(naming.experts.size());
  const size_t dot = name.find('.');
  if (dot == name.npos || !IsNumber(name.substr(0, dot))) return {};
  const std::string renamed =
      RenameModule(naming.expert_modules, name.substr(dot + 1));
  const size_t end = renamed.rfind('.');
  if (renamed.empty()) return {};
  return fmt::format("{}.{}{}", renamed.substr(0, end), name.substr(0, dot),
                     renamed.substr(end));
}

std::string RenameOfLayer(const HfNaming& naming, std::string_view name) {
  const bool of_expert =
      !naming.experts.empty() && name.starts_with(naming.experts);
  return of_expert ? RenameExpert(naming, name)
                   : RenameModule(naming.modules, name);
}

std::string_view WithoutPrefix(const HfNaming& naming, std::string_view name) {
  if (name.starts_with(naming.prefix)) name.remove_prefix(naming.prefix.size());
  return name;
}

}  // namespace

std::string CanonicalTensorName(Architecture architecture,
                                std::string_view name) {
  const HfNaming& naming = InfoOf(architecture).naming;
  name = WithoutPrefix(naming, name);
  if (!name.starts_with(naming.layers)) {
    return RenameModule(naming.globals, name);
  }
  name.remove_prefix(naming.layers.size());
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view layer = name.substr(0, dot);
  if (!IsNumber(layer)) return {};
  name.remove_prefix(dot + 1);
  const std::string_view parameter = Lookup(naming.parameters, name);
  const std::string renamed =
      parameter.empty() ? RenameOfLayer(naming, name) : std::string(parameter);
  return renamed.empty() ? std::string()
                         : fmt::format("blk.{}.{}", layer, renamed);
}

bool CanLeaveOutTensor(Architecture architecture, std::string_view name) {
  if (name.ends_with(".rotary_emb.inv_freq")) return true;
  const HfNaming& naming = InfoOf(architecture).naming;
  name = WithoutPrefix(naming, name);
  if (name.starts_with(naming.layers)) return false;
  return std::ranges::none_of(naming.globals, [name](const Rename& module) {
    return name.starts_with(module.from) &&
           name.substr(module.from.size()).starts_with('.');
  });
}

}  // namespace krait::engine
