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

namespace krait::engine {

// A model that a test is repeated with.
struct ModelCase {
  std::string name;           // as tests may be called
  std::string path;           // empty: a hybrid
  size_t sliding_window = 0;  // of the hybrid
};

inline std::shared_ptr<const Model> LoadCase(const ModelCase& model) {
  if (model.path.empty()) return MakeHybrid(model.sliding_window);
  auto loaded = Model::Load(model.path);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *loaded : nullptr;
}

// Returns the models to repeat a test with: all; but under ThreadSanitizer,
// which is slow and to which the threads do the same with each, one of each
// kind of memory.
inline std::vector<ModelCase> Cases(std::vector<ModelCase> all) {
#ifdef KRAIT_THREAD_SANITIZED
  std::erase_if(all, [](const ModelCase& model) {
    return model.name != "mamba2" && model.name != "llama" &&
           model.name != "granite";
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
