// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_
#define KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/arch/model.h"
#include "tests/engine/run/hybrid_model.h"
#include "tests/engine/run/parted_model.h"

namespace krait::engine {

// A model that a test is repeated with.
struct ModelCase {
  std::string name;           // as tests may be called
  std::string path;           // empty: a hybrid
  size_t sliding_window = 0;  // of the hybrid
  // How many layers run in a part of its own; the rest is the last. Empty: all
  // run together.
  std::vector<size_t> parts = {};
};

inline std::shared_ptr<const Model> LoadCase(const ModelCase& model) {
  if (!model.parts.empty()) {
    auto loaded = model.path.empty()
                      ? LoadedFile{.file = std::make_unique<HybridFile>(
                                       model.sliding_window),
                                   .tokenizer = nullptr}
                      : LoadFileForParts(model.path);
    return MakeParted(std::move(loaded), model.parts);
  }
  if (model.path.empty()) return MakeHybrid(model.sliding_window);
  auto loaded = Model::Load(model.path);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *loaded : nullptr;
}

// Returns the models to repeat a test with: those that a test has of its own,
// and one of each architecture and kind of layer, where sanitizers are too slow
// for all that golden_test has there, too. Under ThreadSanitizer, to which the
// threads do the same with each, one of each kind of memory.
inline std::vector<ModelCase> EveryModelAnd(std::vector<ModelCase> all) {
  const std::string models = KRAIT_TEST_DATA "/models/";
  const std::vector<ModelCase> every = {
      {"mamba1", models + "mamba1-tiny/hf"},
      {"mamba2", models + "mamba2-tiny/hf"},
      {"llama", models + "llama-tiny/gguf/model-f16.gguf"},
      {"window", models + "mistral-tiny/hf"},
      {"granite", models + "granite-h-tiny/hf"},
      {"granite_dense", models + "granite-tiny/hf"},
      {"falcon", models + "falcon-h1-tiny/hf"},
#ifndef KRAIT_SANITIZED
      {"llama3", models + "llama3-tiny/hf"},
      {"experts", models + "mixtral-tiny/hf"},
      {"biases", models + "qwen2-tiny/hf"},
      {"granite_experts", models + "granite-h-moe/hf"},
#endif
      {"hybrid", ""},
      {"hybrid_in_parts", "", 0, {2}},
      {"window_in_parts", "", 16, {1, 1}},
  };
  all.insert(all.end(), every.begin(), every.end());
#ifdef KRAIT_THREAD_SANITIZED
  std::erase_if(all, [](const ModelCase& model) {
    return model.name != "mamba2" && model.name != "llama" &&
           model.name != "window" && model.name != "granite";
  });
#endif
  return all;
}

inline std::ostream& operator<<(std::ostream& out, const ModelCase& model) {
  return out << model.name;
}

inline std::string NameOfCase(const testing::TestParamInfo<ModelCase>& info) {
  return info.param.name;
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_
