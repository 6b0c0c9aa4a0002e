// SPDX-License-Identifier: Apache-2.0
// The default model against PyTorch's logits of its float32 weights: the Q8_0
// file differs by its rounding, but must say the same.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/arch/model.h"
#include "engine/run/session.h"
#include "tests/engine/arch/golden.h"

namespace krait::engine {
namespace {

const std::string kGolden = KRAIT_TEST_DATA "/default-model/golden";

std::vector<TokenId> ReadPrompt() {
  simdjson::dom::parser parser;
  simdjson::dom::array ids;
  std::vector<TokenId> prompt;
  if (parser.load(kGolden + ".json")["plain_python"]["ids"].get(ids)) return {};
  for (const uint64_t id : ids) prompt.push_back(static_cast<TokenId>(id));
  return prompt;
}

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

TEST(DefaultModelTest, SaysWhatPyTorchSays) {
  const auto model = Model::Load(KRAIT_DEFAULT_MODEL);
  ASSERT_TRUE(model) << model.error().message;
  const size_t vocab = (*model)->hyperparameters().vocab;
  const std::vector<TokenId> prompt = ReadPrompt();
  ASSERT_FALSE(prompt.empty());
  const std::vector<float> expected = ReadNpy(kGolden + "_plain_python.npy");
  ASSERT_EQ(expected.size(), prompt.size() * vocab);

  WorkerPool pool(PlanThreads(2));
  Session session(*model, pool);
  std::vector<float> logits;
  ASSERT_TRUE(session.PrefillAllLogits(prompt, &logits));
  ASSERT_EQ(logits.size(), expected.size());
  EXPECT_LT(
      MeanKlDivergence(expected.data(), logits.data(), prompt.size(), vocab),
      5e-3);
}

}  // namespace
}  // namespace krait::engine
