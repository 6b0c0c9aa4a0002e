// SPDX-License-Identifier: Apache-2.0
#include "engine/model/architecture.h"

#include <algorithm>
#include <array>
#include <vector>

namespace krait::engine {

// Each in a file of its own: {name}_architecture.cc.
extern const ArchitectureInfo kMamba2Architecture;
extern const ArchitectureInfo kLlamaArchitecture;
extern const ArchitectureInfo kQwen2Architecture;
extern const ArchitectureInfo kGraniteArchitecture;
extern const ArchitectureInfo kGraniteHybridArchitecture;
extern const ArchitectureInfo kFalconH1Architecture;
extern const ArchitectureInfo kMamba1Architecture;

namespace {

constexpr std::array<const ArchitectureInfo*, 7> kArchitectures = {
    &kMamba2Architecture,  &kMamba1Architecture,  &kLlamaArchitecture,
    &kQwen2Architecture,   &kGraniteArchitecture, &kGraniteHybridArchitecture,
    &kFalconH1Architecture};

// "a, b or c"
std::string Alternatives(const std::vector<std::string_view>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

std::span<const ArchitectureInfo* const> Architectures() {
  return kArchitectures;
}

const ArchitectureInfo& InfoOf(Architecture architecture) {
  return **std::ranges::find(kArchitectures, architecture,
                             &ArchitectureInfo::architecture);
}

std::string ArchitectureNames() {
  std::vector<std::string_view> names;
  for (const ArchitectureInfo* info : kArchitectures) {
    names.push_back(info->name);
  }
  return Alternatives(names);
}

std::string HfClassNames() {
  std::vector<std::string_view> names;
  for (const ArchitectureInfo* info : kArchitectures) {
    for (const HfModelType& type : info->hf_types) {
      names.push_back(type.class_name);
    }
  }
  return Alternatives(names);
}

}  // namespace krait::engine
