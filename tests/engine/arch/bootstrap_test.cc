// SPDX-License-Identifier: Apache-2.0
// The first default model against PyTorch's logits of its float32 weights: the
// Q8_0 file differs by its rounding, but must say the same.

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/model.h"
#include "engine/run/session.h"
#include "tests/engine/arch/golden.h"

namespace krait::engine {
namespace {

// "import os\n\ndef ..." as golden.json's plain_python has it.
const std::vector<TokenId> kPrompt = {1,    488,  2377, 29,   29,  373,
                                      1345, 8116, 697,  8118, 738, 447,
                                      29,   276,  1021, 2918, 8118};

// Reads the payload of a version 1 .npy file of float32.
std::vector<float> ReadNpy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                std::istreambuf_iterator<char>());
  if (bytes.size() < 10) return {};
  const size_t header = 10 + static_cast<unsigned char>(bytes[8]) +
                        256U * static_cast<unsigned char>(bytes[9]);
  std::vector<float> values((bytes.size() - header) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + header,
              values.size() * sizeof(float));
  return values;
}

TEST(BootstrapTest, SaysWhatPyTorchSays) {
  const auto model = Model::Load(KRAIT_MODELS "/krait-bootstrap-q8_0.gguf");
  ASSERT_TRUE(model) << model.error().message;
  const size_t vocab = (*model)->hyperparameters().vocab;
  const std::vector<float> expected =
      ReadNpy(KRAIT_TEST_DATA "/bootstrap/golden_plain_python.npy");
  ASSERT_EQ(expected.size(), kPrompt.size() * vocab);

  WorkerPool pool(PlanThreads(2));
  Session session(*model, pool);
  std::vector<float> logits;
  ASSERT_TRUE(session.PrefillAllLogits(kPrompt, &logits));
  ASSERT_EQ(logits.size(), expected.size());
  EXPECT_LT(
      MeanKlDivergence(expected.data(), logits.data(), kPrompt.size(), vocab),
      5e-3);
}

}  // namespace
}  // namespace krait::engine
