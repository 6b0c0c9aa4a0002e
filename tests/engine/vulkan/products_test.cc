// SPDX-License-Identifier: Apache-2.0
// Products with weights of each format, on devices that multiply in each way,
// against sums in double: random shapes, and those at the edges.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "engine/vulkan/kernels.h"
#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {
namespace {

using simd::RandomWeights;
using simd::WeightFormat;
using simd::WeightType;

// The elements of a matrix, read once.
struct Elements {
  explicit Elements(const simd::WeightView& w) : rows(w.rows), cols(w.cols) {
    for (size_t r = 0; r < w.rows; ++r) {
      for (size_t c = 0; c < w.cols; ++c) {
        const simd::QuantElement element = simd::ElementAt(w, r, c);
        values.push_back(element.value());
        magnitudes.push_back(element.magnitude());
      }
    }
  }
  size_t rows;
  size_t cols;
  std::vector<double> values;
  std::vector<double> magnitudes;
};

// How far off products are: by the order of a sum, and by what the kind rounds.
class Tolerance {
 public:
  // Of products with x[cols].
  Tolerance(MatMulKind kind, const float* x, size_t cols)
      : kind_(kind), steps_(cols) {
    for (size_t c = 0; c < cols; ++c) {
      largest_ = std::max(largest_, std::abs(double{x[c]}));
    }
    // Half a step of each block's inputs, as on the processor.
    for (size_t c = 0; c < cols; ++c) {
      const size_t block = c / 32 * 32;
      double largest = 0;
      for (size_t i = block; i < std::min(block + 32, cols); ++i) {
        largest = std::max(largest, std::abs(double{x[i]}));
      }
      steps_[c] = 0.5001 * largest / 127;
    }
  }

  double OfTerm(double value, double input, size_t col) const {
    constexpr double kHalf = 1.0 / 2048;  // a rounding to binary16
    switch (kind_) {
      case MatMulKind::kPlain:
        return 0;
      case MatMulKind::kInt8:
        return std::abs(value) * steps_[col];
      case MatMulKind::kCooperative:
        // What is too small for binary16 keeps an absolute step.
        return std::abs(value * input) * 2.1 * kHalf +
               std::abs(value) * std::ldexp(largest_, -36) +
               std::abs(input) * std::ldexp(1.0, -24);
    }
    return 0;
  }

 private:
  MatMulKind kind_;
  double largest_ = 0;
  std::vector<double> steps_;
};

// y of one token is w times x[cols], and nothing is written behind it.
void ExpectRow(const Elements& w, const float* x, MatMulKind kind,
               size_t stride, const float* y) {
  const Tolerance tolerance(kind, x, w.cols);
  for (size_t r = 0; r < w.rows; ++r) {
    double sum = 0;
    double magnitude = 0;
    double rounded = 0;
    for (size_t c = 0; c < w.cols; ++c) {
      const double value = w.values[r * w.cols + c];
      const auto input = double{x[c]};
      sum += value * input;
      magnitude += w.magnitudes[r * w.cols + c] * std::abs(input);
      rounded += tolerance.OfTerm(value, input, c);
    }
    ASSERT_NEAR(y[r], sum, rounded + SumTolerance(w.cols, magnitude))
        << "row " << r << " of " << w.rows << " x " << w.cols;
  }
  for (size_t r = w.rows; r < stride; ++r) {
    ASSERT_EQ(y[r], -77) << "behind the row";
  }
}

class ProductsTest
    : public KernelsTest,
      public testing::WithParamInterface<std::tuple<MatMulKind, WeightFormat>> {
 protected:
  MatMulKind kind() const override { return std::get<0>(GetParam()); }
  const WeightFormat& format() const { return std::get<1>(GetParam()); }

  void SetUp() override {
    KernelsTest::SetUp();
    if (IsSkipped()) return;
    Status prepared = kernels_->Prepare(format().type);
    ASSERT_TRUE(prepared) << prepared.error().message;
    prepared = kernels_->PrepareExperts(format().type);
    ASSERT_TRUE(prepared) << prepared.error().message;
  }

  // A row is a whole number of blocks, of elements where there are none.
  RandomWeights MakeWeights(size_t rows) {
    const size_t block = format().block_elements;
    const size_t cols = block == 1 ? Pick(1, 200) : block * Pick(1, 4);
    return {format().type, rows, cols, 0, random_};
  }

  Slice Pack(const Slice& x, size_t x_stride, size_t tokens, size_t cols) {
    const MatMulKind of_format = kernels_->KindOf(format().type);
    if (of_format == MatMulKind::kPlain) return {};
    const size_t bytes = Kernels::PackedBytes(of_format, tokens, cols);
    const Slice packed = Room(bytes / sizeof(float) + 1);
    kernels_->Pack(*commands_, of_format, x.address, x_stride, tokens, cols,
                   packed.address);
    commands_->Barrier();
    return packed;
  }
};

// One token, one row, whole tiles, and what is around them.
TEST_P(ProductsTest, MatMulIsTheProductAndEachTokensOwn) {
  const std::pair<size_t, size_t> shapes[] = {
      {1, 1}, {64, 64}, {65, 33}, {Pick(1, 150), Pick(1, 130)}};
  for (const auto& [rows, tokens] : shapes) {
    const RandomWeights weights = MakeWeights(rows);
    const simd::WeightView& w = weights.view();
    const size_t stride = rows + Pick(0, 5);
    const size_t x_stride = w.cols + 4 * Pick(0, 2);
    std::vector<float> x = Random(tokens * x_stride);
    // Inputs of any magnitude.
    for (float& value : x) value *= tokens % 2 == 0 ? 1e4F : 1e-4F;
    const Matrix matrix = PutMatrix(weights);
    const Slice x_slice = Put(x);
    const Slice y = Room(tokens * stride);
    const Slice alone = Room(stride);
    const size_t token = Pick(0, tokens - 1);
    const Slice x_alone = Put(std::vector<float>(
        x.data() + token * x_stride, x.data() + (token + 1) * x_stride));
    commands_->Begin();
    Slice packed = Pack(x_slice, x_stride, tokens, w.cols);
    kernels_->MatMul(
        *commands_, matrix,
        {x_slice.address, x_stride, y.address, stride, packed.address}, tokens);
    packed = Pack(x_alone, x_stride, 1, w.cols);
    kernels_->MatMul(
        *commands_, matrix,
        {x_alone.address, x_stride, alone.address, stride, packed.address}, 1);
    commands_->Run();
    const std::vector<float> all = Get(y, tokens * stride);
    const Elements elements(w);
    for (const size_t t : {size_t{0}, token, tokens - 1}) {
      ExpectRow(elements, x.data() + t * x_stride,
                kernels_->KindOf(format().type), stride,
                all.data() + t * stride);
      if (HasFatalFailure()) return;
    }
    const std::vector<float> of_one = Get(alone, rows);
    for (size_t r = 0; r < rows; ++r) {
      ASSERT_EQ(of_one[r], all[token * stride + r]) << "bits of row " << r;
    }
  }
}

// Experts that all, some and no tokens use.
TEST_P(ProductsTest, TokensOfAnExpertAreMultipliedTogether) {
  constexpr size_t kExperts = 4;
  constexpr size_t kUsed = 2;
  const size_t tokens = Pick(1, 80);
  const RandomWeights shape = MakeWeights(Pick(1, 70));
  const size_t rows = shape.view().rows;
  const size_t cols = shape.view().cols;
  std::vector<RandomWeights> experts;
  std::vector<Address> table;
  for (size_t e = 0; e < kExperts; ++e) {
    experts.emplace_back(format().type, rows, cols, 0, random_);
    table.push_back(PutMatrix(experts.back()).address);
  }
  std::vector<ExpertUse> uses;
  for (size_t t = 0; t < tokens; ++t) {
    uses.push_back({2, 0.5F});
    uses.push_back({t % 3 == 0 ? 0U : 3U, 0.5F});
  }
  const size_t x_stride = (cols + 3) / 4 * 4;
  const std::vector<float> x = Random(tokens * x_stride);
  const Slice x_slice = Put(x);
  const Slice y = Room(uses.size() * rows);
  const Kernels::Grouped grouped{.uses = Put(uses).address,
                                 .order = Room(uses.size()).address,
                                 .begins = Room(kExperts + 1).address,
                                 .experts = kExperts};
  const ExpertMatrices matrices{.table = Put(table).address,
                                .shape = {0, format().type, rows, cols}};
  commands_->Begin();
  kernels_->GroupUses(*commands_, grouped, uses.size());
  commands_->Barrier();
  const Slice packed = Pack(x_slice, x_stride, tokens, cols);
  kernels_->MatMulExperts(
      *commands_, matrices,
      {x_slice.address, x_stride, y.address, rows, packed.address}, grouped,
      uses.size(), kUsed, tokens);
  commands_->Run();
  const std::vector<float> all = Get(y, uses.size() * rows);
  std::vector<Elements> elements;
  for (const RandomWeights& expert : experts) {
    elements.emplace_back(expert.view());
  }
  for (size_t u = 0; u < uses.size(); u += 1 + u / 4) {
    ExpectRow(elements[uses[u].expert], x.data() + u / kUsed * x_stride,
              kernels_->KindOf(format().type), rows, all.data() + u * rows);
    if (HasFatalFailure()) return;
  }
}

using Param = testing::TestParamInfo<std::tuple<MatMulKind, WeightFormat>>;

// In integers only what has blocks.
std::vector<std::tuple<MatMulKind, WeightFormat>> KindsAndFormats() {
  std::vector<std::tuple<MatMulKind, WeightFormat>> all;
  for (const MatMulKind kind : TestDevice::Kinds()) {
    for (const WeightFormat& format : simd::kWeightFormats) {
      if (kind == MatMulKind::kInt8 && format.block_elements == 1) continue;
      all.emplace_back(kind, format);
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Formats, ProductsTest,
                         testing::ValuesIn(KindsAndFormats()),
                         [](const Param& param) {
                           return TestDevice::NameOf(std::get<0>(param.param)) +
                                  "_" +
                                  std::string(std::get<1>(param.param).name);
                         });

// What has one way to run.
class StreamsTest : public KernelsTest,
                    public testing::WithParamInterface<WeightFormat> {
 protected:
  void SetUp() override {
    KernelsTest::SetUp();
    if (IsSkipped()) return;
    const Status prepared = kernels_->Prepare(GetParam().type);
    ASSERT_TRUE(prepared) << prepared.error().message;
  }
  RandomWeights MakeWeights(size_t rows) {
    const size_t block = GetParam().block_elements;
    const size_t cols = block == 1 ? Pick(1, 200) : block * Pick(1, 5);
    return {GetParam().type, rows, cols, 0, random_};
  }
};

TEST_P(StreamsTest, EmbedGivesRowsAsTheProcessorDoes) {
  for (int round = 0; round < 4; ++round) {
    const RandomWeights weights = MakeWeights(Pick(1, 150));
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

// Tokens that share what is read of the weights, each with the bits that it
// gets alone: as many as a variant of the shader is made for, fewer and more.
TEST_P(StreamsTest, MatVecIsTheProductWithEachToken) {
  const std::pair<size_t, size_t> shapes[] = {
      {1, 1}, {3, 2}, {32, 3}, {33, 4},  {7, 5},           {31, 6},
      {4, 7}, {5, 8}, {9, 9},  {34, 17}, {Pick(1, 150), 1}};
  for (const auto& [rows, tokens] : shapes) {
    const RandomWeights weights = MakeWeights(rows);
    const simd::WeightView& w = weights.view();
    const size_t stride = rows + Pick(0, 5);
    const size_t x_stride = w.cols + 4 * Pick(0, 2);
    const std::vector<float> x = Random(tokens * x_stride);
    const Matrix matrix = PutMatrix(weights);
    const Slice y = Room(tokens * stride);
    const Slice alone = Room(tokens * stride);
    commands_->Begin();
    kernels_->MatVec(*commands_, matrix,
                     {Put(x).address, x_stride, y.address, stride}, tokens);
    for (size_t t = 0; t < tokens; ++t) {
      const auto begin = x.begin() + static_cast<ptrdiff_t>(t * x_stride);
      const std::vector<float> its(begin,
                                   begin + static_cast<ptrdiff_t>(x_stride));
      kernels_->MatVec(*commands_, matrix,
                       {Put(its).address, x_stride,
                        alone.address + t * stride * sizeof(float), stride},
                       1);
    }
    commands_->Run();
    const std::vector<float> result = Get(y, tokens * stride);
    EXPECT_EQ(result, Get(alone, tokens * stride)) << tokens << " tokens";
    const Elements elements(w);
    for (size_t t = 0; t < tokens; ++t) {
      ExpectRow(elements, x.data() + t * x_stride, MatMulKind::kPlain, stride,
                result.data() + t * stride);
      if (HasFatalFailure()) return;
    }
  }
}

// Experts that all, some and none of a few tokens use, as each token alone
// does.
TEST_P(StreamsTest, MatVecOfExpertsIsSharedByTheirTokens) {
  const Status prepared = kernels_->PrepareExperts(GetParam().type);
  ASSERT_TRUE(prepared) << prepared.error().message;
  constexpr size_t kExperts = 4;
  constexpr size_t kUsed = 2;
  const RandomWeights shape = MakeWeights(Pick(1, 40));
  const size_t rows = shape.view().rows;
  const size_t cols = shape.view().cols;
  std::vector<RandomWeights> experts;
  std::vector<Address> table;
  std::vector<Elements> elements;
  for (size_t e = 0; e < kExperts; ++e) {
    experts.emplace_back(GetParam().type, rows, cols, 0, random_);
    table.push_back(PutMatrix(experts.back()).address);
    elements.emplace_back(experts.back().view());
  }
  const ExpertMatrices matrices{.table = Put(table).address,
                                .shape = {0, GetParam().type, rows, cols}};
  for (const size_t tokens :
       {size_t{1}, size_t{2}, size_t{5}, size_t{8}, size_t{13}}) {
    std::vector<ExpertUse> uses;
    for (size_t t = 0; t < tokens; ++t) {
      uses.push_back({2, 0.5F});
      uses.push_back({t % 3 == 0 ? 0U : 3U, 0.5F});
    }
    const std::vector<float> x = Random(tokens * cols);
    const Slice x_slice = Put(x);
    const Slice y = Room(uses.size() * rows);
    const Slice alone = Room(uses.size() * rows);
    const Kernels::Grouped grouped{.uses = Put(uses).address,
                                   .order = Room(uses.size()).address,
                                   .begins = Room(kExperts + 1).address,
                                   .experts = kExperts};
    commands_->Begin();
    if (tokens > 1) kernels_->GroupUses(*commands_, grouped, uses.size());
    commands_->Barrier();
    kernels_->MatVecExperts(*commands_, matrices,
                            {x_slice.address, cols, y.address, rows}, grouped,
                            uses.size(), kUsed, tokens);
    // Use by use.
    kernels_->MatVecExperts(*commands_, matrices,
                            {x_slice.address, cols, alone.address, rows},
                            grouped, uses.size(), kUsed, 1);
    commands_->Run();
    const std::vector<float> all = Get(y, uses.size() * rows);
    EXPECT_EQ(all, Get(alone, uses.size() * rows)) << tokens << " tokens";
    for (size_t u = 0; u < uses.size(); ++u) {
      ExpectRow(elements[uses[u].expert], x.data() + u / kUsed * cols,
                MatMulKind::kPlain, rows, all.data() + u * rows);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, StreamsTest, testing::ValuesIn(simd::kWeightFormats),
    [](const testing::TestParamInfo<WeightFormat>& format) {
      return std::string(format.param.name);
    });

class MatricesTest : public KernelsTest {};

TEST_F(MatricesTest, MatVecHasMoreRowsThanADimensionOfADispatch) {
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

TEST_F(MatricesTest, EachUseOfAnExpertIsAProductAndTheyAreCombined) {
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
        {Put(x).address, cols, parts.address, rows}, {.uses = uses_address},
        uses.size(), 2, 1);
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

}  // namespace
}  // namespace krait::engine::vulkan
