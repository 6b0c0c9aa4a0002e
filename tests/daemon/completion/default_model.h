// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_COMPLETION_DEFAULT_MODEL_H_
#define KRAIT_TESTS_DAEMON_COMPLETION_DEFAULT_MODEL_H_

#include <gtest/gtest.h>

#include <memory>

#include "engine/arch/model.h"

namespace krait::completion {

// The model that comes along; null, and a failure, if it cannot be loaded.
inline std::shared_ptr<const engine::Model> LoadDefaultModel() {
  auto model = engine::Model::Load(KRAIT_DEFAULT_MODEL);
  EXPECT_TRUE(model) << model.error().message;
  return model ? *model : nullptr;
}

}  // namespace krait::completion

#endif  // KRAIT_TESTS_DAEMON_COMPLETION_DEFAULT_MODEL_H_
