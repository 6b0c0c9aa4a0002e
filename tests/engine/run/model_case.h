// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_
#define KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace krait::engine {

// A model that a test is repeated with.
struct ModelCase {
  std::string name;  // as tests may be called
  std::string path;
};

inline std::ostream& operator<<(std::ostream& out, const ModelCase& model) {
  return out << model.name;
}

inline std::string NameOfCase(const testing::TestParamInfo<ModelCase>& info) {
  return info.param.name;
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_RUN_MODEL_CASE_H_
