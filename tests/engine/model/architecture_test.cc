// SPDX-License-Identifier: Apache-2.0
#include "engine/model/architecture.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/model/hf_names.h"
#include "engine/model/model_file.h"
#include "engine/model/model_tensors.h"

namespace krait::engine {
namespace {

TEST(ArchitectureTest, EachIsFoundAgainAndNamedOnce) {
  std::set<std::string_view> names;
  for (const ArchitectureInfo* info : Architectures()) {
    EXPECT_EQ(&InfoOf(info->architecture), info);
    EXPECT_TRUE(names.insert(info->name).second) << info->name;
    for (const HfModelType& type : info->hf_types) {
      EXPECT_TRUE(names.insert(type.class_name).second) << type.class_name;
    }
  }
}

TEST(ArchitectureTest, MessagesNameThemAll) {
  EXPECT_EQ(ArchitectureNames(),
            "mamba2, mamba, llama, qwen2, granite, granitehybrid or falcon-h1");
  EXPECT_EQ(HfClassNames(),
            "Mamba2ForCausalLM, MambaForCausalLM, LlamaForCausalLM, "
            "MistralForCausalLM, MixtralForCausalLM, Qwen2ForCausalLM, "
            "GraniteForCausalLM, GraniteMoeHybridForCausalLM or "
            "FalconH1ForCausalLM");
}

// GGUF's names of a row's modules and parameters in the first layer, by way of
// what Hugging Face calls them.
std::set<std::string> NamesOfFirstLayer(const ArchitectureInfo& info) {
  std::set<std::string> names;
  const std::string layer = std::string(info.naming.layers) + "0.";
  const auto add = [&](std::string_view name) {
    names.insert(
        CanonicalTensorName(info.architecture, layer + std::string(name)));
  };
  for (const Rename& module : info.naming.modules) {
    add(std::string(module.from) + ".weight");
    add(std::string(module.from) + ".bias");
  }
  for (const Rename& parameter : info.naming.parameters) add(parameter.from);
  return names;
}

TEST(ArchitectureTest, EachTensorOfALayerHasANameInBothWorlds) {
  for (const char* path :
       {"mamba1-tiny/hf", "mamba2-tiny/hf", "llama-tiny/hf"}) {
    const auto file =
        ModelFile::Open(std::string(KRAIT_TEST_DATA "/models/") + path);
    ASSERT_TRUE(file) << file.error().message;
    const Hyperparameters& hparams = (*file)->hyperparameters();
    const std::set<std::string> names =
        NamesOfFirstLayer(InfoOf(hparams.architecture));
    for (const TensorSpec& spec : LayerTensors(hparams, 0)) {
      EXPECT_TRUE(names.contains(spec.name)) << spec.name;
    }
  }
}

TEST(ArchitectureTest, ATensorIsFoundByItsNameInTheLayer) {
  const auto file = ModelFile::Open(KRAIT_TEST_DATA "/models/llama-tiny/hf");
  ASSERT_TRUE(file);
  const auto layer = LayerTensors((*file)->hyperparameters(), 1);
  const TensorSpec* found = FindTensorSpec(layer, "attn_q.weight");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "blk.1.attn_q.weight");
  EXPECT_EQ(FindTensorSpec(layer, "q.weight"), nullptr);
  EXPECT_EQ(FindTensorSpec(layer, "attn_q.bias"), nullptr);
}

}  // namespace
}  // namespace krait::engine
