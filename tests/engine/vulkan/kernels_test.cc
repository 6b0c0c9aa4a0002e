// SPDX-License-Identifier: Apache-2.0
// Each shader against a reference in double, or against the processor's kernel
// where that is the definition, over random shapes.

#include "engine/vulkan/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/state/state.h"
#include "simd/attention.h"
#include "simd/rope.h"
#include "simd/weights.h"
#include "tests/engine/vulkan/test_device.h"
#include "tests/simd/weights_reference.h"

namespace krait::engine::vulkan {
namespace {

using simd::RandomWeights;
using simd::WeightFormat;
using simd::WeightType;

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

// What a sum of `terms` terms is off by at most, whatever the order, if their
// magnitudes add up to `magnitude`; each term has a few roundings of its own.
double SumTolerance(size_t terms, double magnitude) {
  return static_cast<double>(terms + 8) * kEpsilon * magnitude;
}

class KernelsTest : public DeviceTest {
 protected:
  // Making shaders takes longer than running them.
  static void TearDownTestSuite() { kernels_ = nullptr; }

  void SetUp() override {
    DeviceTest::SetUp();
    if (device_ == nullptr || kernels_ != nullptr) return;
    auto kernels = Kernels::Create(device_);
    ASSERT_TRUE(kernels) << kernels.error().message;
    kernels_ = std::move(*kernels);
  }

  std::vector<float> Random(size_t size, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> value(low, high);
    std::vector<float> values(size);
    for (float& x : values) x = value(random_);
    return values;
  }
  size_t Pick(size_t low, size_t high) {
    return std::uniform_int_distribution<size_t>(low, high)(random_);
  }
  Slice Room(size_t floats) { return Put(std::vector<float>(floats, -77)); }

  Matrix PutMatrix(const RandomWeights& weights) {
    const simd::WeightView& w = weights.view();
    const auto* data = static_cast<const uint8_t*>(w.data);
    const std::vector<uint8_t> bytes(
        data, data + w.rows * simd::RowBytes(w.type, w.cols));
    return {Put(bytes).address, w.type, w.rows, w.cols};
  }

  std::mt19937 random_{20261130};
  static inline std::unique_ptr<Kernels> kernels_;
};

class WeightKernelsTest : public KernelsTest,
                          public testing::WithParamInterface<WeightFormat> {
 protected:
  void SetUp() override {
    KernelsTest::SetUp();
    if (IsSkipped()) return;
    const Status prepared = kernels_->Prepare(GetParam().type);
    ASSERT_TRUE(prepared) << prepared.error().message;
  }

  // A row is a whole number of blocks, of elements where there are none.
  RandomWeights MakeWeights() {
    const size_t block = GetParam().block_elements;
    const size_t cols = block == 1 ? Pick(1, 200) : block * Pick(1, 5);
    return {GetParam().type, Pick(1, 150), cols, 0, random_};
  }

  void ExpectProduct(const simd::WeightView& w, const std::vector<float>& x,
                     size_t tokens, size_t stride,
                     const std::vector<float>& y) {
    for (size_t t = 0; t < tokens; ++t) {
      for (size_t r = 0; r < w.rows; ++r) {
        double sum = 0;
        double magnitude = 0;
        for (size_t c = 0; c < w.cols; ++c) {
          const simd::QuantElement element = simd::ElementAt(w, r, c);
          const double input = double{x[t * w.cols + c]};
          sum += element.value() * input;
          magnitude += element.magnitude() * std::abs(input);
        }
        ASSERT_NEAR(y[t * stride + r], sum, SumTolerance(w.cols, magnitude))
            << "token " << t << " row " << r << " of " << w.rows << " x "
            << w.cols;
      }
      for (size_t r = w.rows; r < stride; ++r) {
        ASSERT_EQ(y[t * stride + r], -77) << "behind the row";
      }
    }
  }
};

TEST_P(WeightKernelsTest, EmbedGivesRowsAsTheProcessorDoes) {
  for (int round = 0; round < 4; ++round) {
    const RandomWeights weights = MakeWeights();
    const simd::WeightView& w = weights.view();
    const Matrix matrix = PutMatrix(weights);
    const std::vector<uint32_t> ids = {static_cast<uint32_t>(w.rows - 1), 0};
    const Slice x = Room(ids.size() * w.cols);
    commands_->Begin();
    kernels_->Embed(*commands_, matrix, Put(ids).address, ids.size(), 2,
                    x.address);
    commands_->Run();
    const std::vector<float> rows = Get(x, ids.size() * w.cols);
    std::vector<float> expected(w.cols);
    for (size_t t = 0; t < ids.size(); ++t) {
      simd::ExpandRow(w, ids[t], expected.data());
      for (size_t c = 0; c < w.cols; ++c) {
        const double tolerance =
            4 * kEpsilon * simd::ElementAt(w, ids[t], c).magnitude();
        ASSERT_NEAR(rows[t * w.cols + c], 2 * expected[c], tolerance) << c;
      }
    }
  }
}

TEST_P(WeightKernelsTest, MatVecIsTheProductWithEachToken) {
  for (int round = 0; round < 4; ++round) {
    const RandomWeights weights = MakeWeights();
    const simd::WeightView& w = weights.view();
    const size_t tokens = Pick(1, 3);
    const size_t stride = w.rows + Pick(0, 5);
    const std::vector<float> x = Random(tokens * w.cols);
    const Slice y = Room(tokens * stride);
    commands_->Begin();
    kernels_->MatVec(*commands_, PutMatrix(weights),
                     {Put(x).address, w.cols, y.address, stride}, tokens);
    commands_->Run();
    ExpectProduct(w, x, tokens, stride, Get(y, tokens * stride));
  }
}

TEST_P(WeightKernelsTest, MatMulIsTheProductAndEachTokensOwn) {
  for (int round = 0; round < 3; ++round) {
    const RandomWeights weights = MakeWeights();
    const simd::WeightView& w = weights.view();
    const size_t tokens = Pick(2, 70);
    const size_t stride = w.rows + Pick(0, 5);
    const std::vector<float> x = Random(tokens * w.cols);
    const Matrix matrix = PutMatrix(weights);
    const Slice x_slice = Put(x);
    const Slice y = Room(tokens * stride);
    const Slice alone = Room(stride);
    const size_t token = Pick(0, tokens - 1);
    commands_->Begin();
    kernels_->MatMul(*commands_, matrix,
                     {x_slice.address, w.cols, y.address, stride}, tokens);
    kernels_->MatMul(*commands_, matrix,
                     {x_slice.address + token * w.cols * sizeof(float), w.cols,
                      alone.address, stride},
                     1);
    commands_->Run();
    const std::vector<float> all = Get(y, tokens * stride);
    ExpectProduct(w, x, tokens, stride, all);
    const std::vector<float> of_one = Get(alone, w.rows);
    for (size_t r = 0; r < w.rows; ++r) {
      ASSERT_EQ(of_one[r], all[token * stride + r]) << "bits of row " << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, WeightKernelsTest, testing::ValuesIn(simd::kWeightFormats),
    [](const testing::TestParamInfo<WeightFormat>& format) {
      return std::string(format.param.name);
    });

TEST_F(KernelsTest, MatVecHasMoreRowsThanADimensionOfADispatch) {
  ASSERT_TRUE(kernels_->Prepare(WeightType::kQ8_0));
  const RandomWeights weights(WeightType::kQ8_0, 300'001, 32, 0, random_);
  const std::vector<float> x = Random(32);
  const Slice y = Room(weights.view().rows);
  commands_->Begin();
  kernels_->MatVec(*commands_, PutMatrix(weights),
                   {Put(x).address, 32, y.address, weights.view().rows}, 1);
  commands_->Run();
  const std::vector<float> result = Get(y, weights.view().rows);
  for (const size_t row :
       {size_t{0}, size_t{262'140}, size_t{262'144}, size_t{300'000}}) {
    double sum = 0;
    for (size_t c = 0; c < 32; ++c) {
      sum += simd::WeightValue(weights.view(), row, c) * double{x[c]};
    }
    EXPECT_NEAR(result[row], sum, 1e-4 * (1 + std::abs(sum))) << row;
  }
}

TEST_F(KernelsTest, AMatrixThatShadersCannotCountIsRefused) {
  EXPECT_TRUE(CheckMatrix(WeightType::kQ4_K, 152'064, 8192));
  const Status refused = CheckMatrix(WeightType::kF32, 152'064, 8192);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

TEST_F(KernelsTest, RmsNormIsThatOfTheDefinition) {
  for (int round = 0; round < 8; ++round) {
    const size_t tokens = Pick(1, 5);
    const size_t size = Pick(1, 700);
    const std::vector<float> x = Random(tokens * size);
    const std::vector<float> weight = Random(size);
    const Slice y = Room(x.size());
    commands_->Begin();
    kernels_->RmsNorm(*commands_, Put(x).address, Put(weight).address, tokens,
                      size, 1e-5F, 3, y.address);
    commands_->Run();
    const std::vector<float> result = Get(y, x.size());
    for (size_t t = 0; t < tokens; ++t) {
      double squares = 0;
      for (size_t i = 0; i < size; ++i) {
        squares += double{x[t * size + i]} * double{x[t * size + i]};
      }
      const double factor =
          3 / std::sqrt(squares / static_cast<double>(size) + 1e-5);
      for (size_t i = 0; i < size; ++i) {
        const double expected =
            double{x[t * size + i]} * factor * double{weight[i]};
        // The sum's error, and a few roundings.
        ASSERT_NEAR(result[t * size + i], expected,
                    SumTolerance(size, std::abs(expected)));
      }
    }
  }
}

TEST_F(KernelsTest, ElementsAreAddedAndGated) {
  for (const size_t size :
       {size_t{1}, size_t{127}, size_t{129}, size_t{5000}}) {
    const std::vector<float> a = Random(size, -20, 20);
    const std::vector<float> b = Random(size);
    const Slice sum = Put(b);
    const Slice gate = Put(a);
    const Slice b_slice = Put(b);
    commands_->Begin();
    kernels_->AddScaled(*commands_, Put(a).address, 0.5F, size, 2, sum.address);
    kernels_->SiluMul(*commands_, gate.address, 0.5F, b_slice.address, size, 3);
    commands_->Run();
    const std::vector<float> sums = Get(sum, size);
    const std::vector<float> gated = Get(gate, size);
    for (size_t i = 0; i < size; ++i) {
      const double x = double{a[i]};
      ASSERT_NEAR(sums[i], 0.5 * x + 2 * double{b[i]}, 1e-5);
      const double expected =
          3 * (0.5 * x / (1 + std::exp(-0.5 * x))) * double{b[i]};
      // exp() of Vulkan: 3 + 2 |x| units in the last place.
      ASSERT_NEAR(gated[i], expected,
                  40 * kEpsilon * (std::abs(expected) + 1e-3));
    }
  }
}

// Of equal scores the first expert is chosen, and none that is no number.
TEST_F(KernelsTest, ExpertsAreChosenByTheirScores) {
  const std::vector<float> scores = {1, 3,   2,   3,  //
                                     0, -50, NAN, 0,  //
                                     5, 4,   3,   2};
  const Slice uses = Put(std::vector<ExpertUse>(6));
  commands_->Begin();
  kernels_->Route(*commands_, Put(scores).address, 3, 4, 2, uses.address);
  commands_->Run();
  const std::vector<ExpertUse> chosen = Get<ExpertUse>(uses, 6);
  const std::vector<uint32_t> experts = {1, 3, 0, 3, 0, 1};
  const std::vector<double> weights = {
      0.5, 0.5, 0.5, 0.5, 1 / (1 + std::exp(-1.0)), 1 / (1 + std::exp(1.0))};
  for (size_t i = 0; i < chosen.size(); ++i) {
    EXPECT_EQ(chosen[i].expert, experts[i]) << i;
    EXPECT_NEAR(chosen[i].weight, weights[i], 1e-6) << i;
  }
}

TEST_F(KernelsTest, EachUseOfAnExpertIsAProductAndTheyAreCombined) {
  for (const WeightType type : {WeightType::kQ4_K, WeightType::kF32}) {
    ASSERT_TRUE(kernels_->PrepareExperts(type));
    const size_t rows = 70;
    const size_t cols = 256;
    std::vector<RandomWeights> experts;
    std::vector<Address> table;
    for (int e = 0; e < 3; ++e) {
      experts.emplace_back(type, rows, cols, 0, random_);
      table.push_back(PutMatrix(experts.back()).address);
    }
    const std::vector<ExpertUse> uses = {{2, 0.75F},
                                         {0, 0.25F},  //
                                         {1, 0.5F},
                                         {2, 0.5F}};
    const std::vector<float> x = Random(2 * cols);
    const Slice parts = Room(uses.size() * rows);
    const Slice y = Put(std::vector<float>(2 * rows, 3));
    const Slice only = Room(2 * rows);
    const Address uses_address = Put(uses).address;
    commands_->Begin();
    kernels_->MatVecExperts(
        *commands_,
        {.table = Put(table).address, .shape = {0, type, rows, cols}},
        Put(x).address, uses_address, uses.size(), 2, parts.address);
    commands_->Barrier();
    kernels_->Combine(*commands_, parts.address, uses_address, 2, 2, rows, 2,
                      y.address);
    kernels_->Combine(*commands_, parts.address, uses_address, 2, 2, rows, 0,
                      only.address);
    commands_->Run();
    const std::vector<float> sums = Get(y, 2 * rows);
    const std::vector<float> alone = Get(only, 2 * rows);
    for (size_t t = 0; t < 2; ++t) {
      for (size_t r = 0; r < rows; ++r) {
        double expected = 0;
        double magnitude = 0;
        for (size_t u = 2 * t; u < 2 * t + 2; ++u) {
          const simd::WeightView& w = experts[uses[u].expert].view();
          for (size_t c = 0; c < cols; ++c) {
            const simd::QuantElement element = simd::ElementAt(w, r, c);
            const double input = double{x[t * cols + c]};
            expected += double{uses[u].weight} * element.value() * input;
            magnitude += element.magnitude() * std::abs(input);
          }
        }
        const double tolerance = SumTolerance(cols, magnitude + 6);
        ASSERT_NEAR(alone[t * rows + r], expected, tolerance);
        ASSERT_NEAR(sums[t * rows + r], expected + 6, tolerance);
      }
    }
  }
}

// Tables of the pages of some sequences, as a batch has them.
struct PagedRows {
  std::vector<Slice> pages;  // of all sequences
  Address rows = 0;
};

class AttentionKernelsTest : public KernelsTest {
 protected:
  // Pages for each of `positions`, the last position of each token.
  PagedRows MakeRows(const std::vector<size_t>& positions, size_t page_floats) {
    PagedRows made;
    std::vector<DeviceRow> rows;
    for (const size_t position : positions) {
      std::vector<Address> addresses;
      for (size_t p = 0; p <= position / kBlockTokens; ++p) {
        // What is not written has no value.
        made.pages.push_back(Put(std::vector<float>(page_floats, NAN)));
        addresses.push_back(made.pages.back().address);
      }
      rows.push_back({.pages = Put(addresses).address,
                      .position = static_cast<uint32_t>(position)});
    }
    made.rows = Put(rows).address;
    return made;
  }
};

TEST_F(AttentionKernelsTest, HeadsAreRotatedAndPlacedAsTheProcessorDoes) {
  for (int round = 0; round < 12; ++round) {
    const size_t heads = Pick(1, 4);
    const size_t head_dim = 2 * Pick(1, 40);
    const size_t rope_dim = 2 * Pick(0, head_dim / 2);
    const size_t size = heads * head_dim;
    const size_t angles = rope_dim / 2;
    const auto pairing = round % 2 == 0 ? simd::RopePairing::kAdjacent
                                        : simd::RopePairing::kHalfSplit;
    const std::vector<size_t> positions = {5, 64, 130};
    const std::vector<float> x = Random(3 * size);
    const std::vector<float> bias = Random(size);
    std::vector<double> frequencies(angles);
    for (size_t i = 0; i < angles; ++i) {
      frequencies[i] = 1 / (1 + static_cast<double>(i));
    }
    std::vector<float> table(3 * rope_dim + 1);
    std::vector<float> expected(x.size());
    for (size_t t = 0; t < 3; ++t) {
      float* cosines = table.data() + t * rope_dim;
      simd::RopeAngles(positions[t], frequencies, cosines, cosines + angles);
      for (size_t i = 0; i < size; ++i) {
        expected[t * size + i] = 0.5F * x[t * size + i] + bias[i];
      }
      simd::Rope(pairing, cosines, cosines + angles, heads, head_dim, rope_dim,
                 expected.data() + t * size);
    }
    const size_t layer_ofs = 2 * kBlockTokens * size;
    const PagedRows rows = MakeRows(positions, 2 * layer_ofs);
    const Slice in_place = Put(x);
    PlaceHeads place{.x = in_place.address,
                     .bias = Put(bias).address,
                     .angles = Put(table).address,
                     .rows = rows.rows,
                     .heads = heads,
                     .head_dim = head_dim,
                     .rope_dim = rope_dim,
                     .pairing = pairing,
                     .scale = 0.5F};
    commands_->Begin();
    place.to_page = true;
    place.page_offset = layer_ofs;
    kernels_->Place(*commands_, place, 3);
    commands_->Barrier();
    place.to_page = false;
    kernels_->Place(*commands_, place, 3);
    commands_->Run();
    const std::vector<float> placed = Get(in_place, x.size());
    // Token 1 is in the second page of the second sequence, token 2 in the
    // third of the third.
    const size_t page_of[] = {0, 2, 5};
    for (size_t t = 0; t < 3; ++t) {
      const size_t row_ofs = layer_ofs + positions[t] % kBlockTokens * size;
      const std::vector<float> page =
          Get(rows.pages[page_of[t]], row_ofs + size);
      for (size_t i = 0; i < size; ++i) {
        ASSERT_NEAR(placed[t * size + i], expected[t * size + i], 1e-6);
        ASSERT_EQ(page[row_ofs + i], placed[t * size + i]);
      }
    }
  }
}

TEST_F(AttentionKernelsTest, AttentionIsThatOfTheProcessor) {
  for (int round = 0; round < 12; ++round) {
    const size_t kv_heads = Pick(1, 3);
    const size_t heads = kv_heads * Pick(1, 3);
    const size_t head_dim = round == 0 ? Kernels::kMaxHeadDim : Pick(1, 100);
    const size_t window = round % 3 == 0 ? Pick(1, 150) : 0;
    const std::vector<size_t> positions = {Pick(0, 63), Pick(64, 300)};
    const size_t row_size = kv_heads * head_dim;
    const size_t keys_ofs = kBlockTokens * 2 * row_size;  // of the second layer
    PagedRows rows = MakeRows(positions, 2 * keys_ofs);
    const std::vector<float> q = Random(2 * heads * head_dim);
    // Keys and values of the positions that are there, as blocks.
    std::vector<std::vector<float>> blocks;
    size_t page_number = 0;
    for (const size_t position : positions) {
      for (size_t first = 0; first <= position; first += kBlockTokens) {
        const size_t count = std::min(kBlockTokens, position + 1 - first);
        std::vector<float> page(2 * keys_ofs, NAN);
        for (const size_t part : {size_t{0}, size_t{1}}) {
          const std::vector<float> values = Random(count * row_size, -3, 3);
          std::ranges::copy(
              values,
              page.begin() + static_cast<ptrdiff_t>(
                                 keys_ofs + part * kBlockTokens * row_size));
        }
        transfers_->Upload(std::as_bytes(std::span(page)),
                           rows.pages[page_number++]);
        blocks.push_back(std::move(page));
      }
    }
    const Slice y = Room(q.size());
    commands_->Begin();
    kernels_->Attention(*commands_,
                        {.q = Put(q).address,
                         .y = y.address,
                         .rows = rows.rows,
                         .heads = heads,
                         .kv_heads = kv_heads,
                         .head_dim = head_dim,
                         .page_offset = keys_ofs,
                         .window = window,
                         .scale = 0.3F},
                        2);
    commands_->Run();
    const std::vector<float> result = Get(y, q.size());
    size_t first_block = 0;
    for (size_t t = 0; t < 2; ++t) {
      const size_t end = positions[t] + 1;
      std::vector<const float*> keys;
      std::vector<const float*> values;
      for (size_t p = 0; p * kBlockTokens < end; ++p) {
        keys.push_back(blocks[first_block + p].data() + keys_ofs);
        values.push_back(keys.back() + kBlockTokens * row_size);
      }
      first_block += keys.size();
      for (size_t h = 0; h < heads; ++h) {
        std::vector<float> scores(end);
        std::vector<float> expected(head_dim);
        const size_t q_ofs = (t * heads + h) * head_dim;
        simd::Attend({.k = keys.data(),
                      .v = values.data(),
                      .block_positions = kBlockTokens,
                      .stride = row_size,
                      .column = h / (heads / kv_heads) * head_dim,
                      .begin = window == 0 || end <= window ? 0 : end - window,
                      .end = end,
                      .head_dim = head_dim,
                      .scale = 0.3F},
                     q.data() + q_ofs, scores.data(), expected.data());
        for (size_t i = 0; i < head_dim; ++i) {
          // Scores of magnitude 100 in float32, through exp().
          ASSERT_NEAR(result[q_ofs + i], expected[i], 2e-4)
              << "head " << h << " of token " << t << ", window " << window;
        }
      }
    }
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
