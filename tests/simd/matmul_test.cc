// SPDX-License-Identifier: Apache-2.0
#include "simd/matmul.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/simd/each_target.h"
#include "tests/simd/weights_reference.h"

namespace krait::simd {
namespace {

class MatMulTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(MatMulTest);

constexpr float kUntouched = 12345.0f;

// Columns come in multiples of this.
size_t Unit(WeightType type) {
  return FormatOf(type).block_elements;
}

// Returns an odd number of columns, or the next whole blocks from `quantised`
// on.
size_t ColsAbove(size_t quantised, size_t plain, WeightType type) {
  const size_t unit = Unit(type);
  return unit == 1 ? plain : (quantised + unit - 1) / unit * unit;
}

// One token.
void MatVec(const WeightView& w, size_t row_begin, size_t row_end,
            const ActivationView& x, float* y) {
  MatVecs(w, row_begin, row_end, x, &y);
}

struct Shape {
  size_t rows = 0;
  size_t cols = 0;
  size_t tokens = 0;
  size_t misalign = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.rows << "x" << shape.cols << " tokens " << shape.tokens;
}

// A random matrix and batch.
struct Problem {
  Problem(WeightType type, const Shape& shape_in, uint32_t seed)
      : shape(shape_in),
        format(FormatOf(type).activations),
        random(seed),
        weights(type, shape.rows, shape.cols, shape.misalign, random),
        x(RandomFloats(shape.tokens * shape.cols, random)),
        packed(ActivationBytes(format, shape.tokens, shape.cols)),
        view(PackActivations(x.data(), shape.tokens, shape.cols, shape.cols,
                             format, packed.get())) {
    elements.reserve(shape.rows * shape.cols);
    for (size_t row = 0; row < shape.rows; ++row) {
      for (size_t col = 0; col < shape.cols; ++col) {
        elements.push_back(ElementAt(weights.view(), row, col));
      }
    }
  }

  // Returns y[tokens, stride] with a column that must stay untouched.
  std::vector<float> MultiplyRows(size_t row_begin, size_t row_end) const {
    std::vector<float> y(shape.tokens * Stride(), kUntouched);
    AlignedBuffer scratch(MatMulScratchBytes(format));
    MatMul(weights.view(), row_begin, row_end, view, y.data(), Stride(),
           scratch.get());
    return y;
  }
  std::vector<float> Multiply() const { return MultiplyRows(0, shape.rows); }
  size_t Stride() const { return shape.rows + 1; }

  Shape shape;
  ActivationFormat format;
  std::mt19937 random;
  RandomWeights weights;
  std::vector<QuantElement> elements;  // [rows, cols], what they should be
  std::vector<float> x;
  AlignedBuffer packed;
  ActivationView view;
};

// Returns the packed activation that the kernels multiply with.
double ActivationValue(const ActivationView& x, size_t token, size_t col) {
  const size_t i = token * x.cols + col;
  switch (x.format) {
    case ActivationFormat::kF32:
      return double{x.f32[i]};
    case ActivationFormat::kQ8:
      return x.q8[token * x.q8_stride + col] *
             double{x.scales[i / kQ8BlockSize]};
  }
  return 0.0;
}

// Checks one result against double precision. Each of the n additions, and for
// kQ8 the products with scales (two, and two more of scales with factors; as
// many of minima), rounds a value of at most sum |w * x|, where a weight with a
// minimum or an offset counts with all its parts (QuantElement::magnitude).
void ExpectNear(const Problem& p, size_t token, size_t row, float actual) {
  double expected = 0.0;
  double magnitude = 0.0;
  for (size_t c = 0; c < p.shape.cols; ++c) {
    const QuantElement& w = p.elements[row * p.shape.cols + c];
    const double x = ActivationValue(p.view, token, c);
    expected += w.value() * x;
    magnitude += w.magnitude() * std::abs(x);
  }
  const double roundings = static_cast<double>(p.shape.cols) + 6.0;
  ASSERT_NEAR(double{actual}, expected, magnitude * roundings * 0x1p-24)
      << p.shape << ", token " << token << " row " << row << " weights "
      << static_cast<int>(p.weights.view().type) << " format "
      << static_cast<int>(p.format);
}

void CheckMatMul(WeightType type, const Shape& shape) {
  const Problem p(type, shape, static_cast<uint32_t>(shape.cols));
  const std::vector<float> y = p.Multiply();
  for (size_t t = 0; t < shape.tokens; ++t) {
    for (size_t r = 0; r < shape.rows; ++r) {
      ASSERT_NO_FATAL_FAILURE(ExpectNear(p, t, r, y[t * p.Stride() + r]));
    }
    ASSERT_EQ(y[t * p.Stride() + shape.rows], kUntouched);
  }
}

void CheckMatVec(WeightType type, const Shape& shape) {
  const Problem p(type, shape, static_cast<uint32_t>(shape.cols));
  std::vector<float> y(shape.rows + 1, kUntouched);
  MatVec(p.weights.view(), 0, shape.rows, p.view, y.data());
  for (size_t r = 0; r < shape.rows; ++r) {
    ASSERT_NO_FATAL_FAILURE(ExpectNear(p, 0, r, y[r]));
  }
  ASSERT_EQ(y[shape.rows], kUntouched);
}

// Calls check(type, shape) for odd sizes of every kind.
template <class Check>
void ForOddShapes(size_t max_tokens, const Check& check) {
  for (WeightType type : AllWeightTypes()) {
    const size_t unit = Unit(type);
    // Large blocks cost more, and have fewer odd sizes.
    for (size_t i = 1; i <= 70; i += unit == 256 ? 2 : 1) {
      const Shape shape{
          .rows = 1 + i * 7 % 40,
          .cols = unit * (unit == 1 ? i : 1 + i % (unit == 32 ? 12 : 3)),
          .tokens = 1 + i * 3 % max_tokens,
          .misalign = i % 4};
      ASSERT_NO_FATAL_FAILURE(check(type, shape));
    }
  }
}

TEST_P(MatMulTest, MatMulAgreesWithDouble) {
  ForOddShapes(20, CheckMatMul);
}

TEST_P(MatMulTest, MatVecAgreesWithDouble) {
  ForOddShapes(1, CheckMatVec);
}

TEST_P(MatMulTest, EveryCountOfRowsAndTokensWorks) {
  for (WeightType type : AllWeightTypes()) {
    for (size_t n = 1; n <= 40; ++n) {
      const size_t cols = std::max<size_t>(32, Unit(type));
      CheckMatMul(type, {.rows = n, .cols = cols, .tokens = 3});
      CheckMatMul(type, {.rows = 33, .cols = cols, .tokens = n});
      CheckMatVec(type, {.rows = n, .cols = cols, .tokens = 1});
    }
  }
}

// What int8 activations cost: each is off by half a step of its block at most,
// so a result by the sum of half a step times the weights' magnitudes. (Beside
// the rounding that ExpectNear bounds.)
TEST_P(MatMulTest, Int8ActivationsCostNoMoreThanHalfAStep) {
  for (WeightType type : AllWeightTypes()) {
    const Shape shape{.rows = 7, .cols = 1024, .tokens = 2};
    const Problem p(type, shape, 15);
    if (p.format != ActivationFormat::kQ8) continue;
    const std::vector<float> y = p.Multiply();
    for (size_t t = 0; t < shape.tokens; ++t) {
      for (size_t r = 0; r < shape.rows; ++r) {
        double expected = 0.0;
        double bound = 0.0;
        for (size_t c = 0; c < shape.cols; ++c) {
          const size_t i = t * shape.cols + c;
          const QuantElement& w = p.elements[r * shape.cols + c];
          expected += w.value() * double{p.x[i]};
          const double step = double{p.view.scales[i / kQ8BlockSize]};
          bound += std::abs(w.value()) * step / 2;
          bound +=
              w.magnitude() * (static_cast<double>(shape.cols) + 6.0) * 0x1p-24;
        }
        ASSERT_NEAR(double{y[t * p.Stride() + r]}, expected, bound)
            << FormatOf(type).name;
      }
    }
  }
}

// More rows and columns than the kernels repack at once.
TEST_P(MatMulTest, CarriesSumsAcrossChunks) {
  for (WeightType type : AllWeightTypes()) {
    const size_t cols = ColsAbove(4130, 2051, type);
    CheckMatMul(type, {.rows = 5, .cols = cols, .tokens = 3});
    CheckMatMul(
        type,
        {.rows = 131, .cols = std::max<size_t>(64, Unit(type)), .tokens = 2});
  }
}

// Resuming a prefill elsewhere must give the same state.
TEST_P(MatMulTest, TokenDoesNotDependOnItsBatchBitForBit) {
  constexpr size_t kTokens = 23;
  for (WeightType type : AllWeightTypes()) {
    const size_t cols = ColsAbove(2100, 525, type);
    const Problem p(type, {.rows = 37, .cols = cols, .tokens = kTokens}, 9);
    const std::vector<float> all = p.Multiply();
    for (size_t begin = 0; begin < kTokens; ++begin) {
      const size_t tokens = 1 + begin * 5 % (kTokens - begin);
      AlignedBuffer packed(ActivationBytes(p.format, tokens, cols));
      const ActivationView part =
          PackActivations(p.x.data() + begin * cols, tokens, cols, cols,
                          p.format, packed.get());
      std::vector<float> y(tokens * p.Stride(), kUntouched);
      AlignedBuffer scratch(MatMulScratchBytes(p.format));
      MatMul(p.weights.view(), 0, p.shape.rows, part, y.data(), p.Stride(),
             scratch.get());
      ASSERT_EQ(std::memcmp(y.data(), all.data() + begin * p.Stride(),
                            y.size() * sizeof(float)),
                0)
          << "tokens " << begin << "+" << tokens << ", weights "
          << static_cast<int>(type);
    }
  }
}

// Several sequences that decode at once say what each says alone.
TEST_P(MatMulTest, MatVecsGivesEachTokenTheBitsOfMatVec) {
  ForOddShapes(9, [](WeightType type, const Shape& shape) {
    const Problem p(type, shape, static_cast<uint32_t>(shape.cols));
    // A part of the rows, so that tiles begin and end anywhere.
    const size_t begin = shape.rows / 5;
    std::vector<std::vector<float>> y(
        shape.tokens, std::vector<float>(shape.rows + 1, kUntouched));
    std::vector<float*> outputs;
    for (auto& of_token : y) outputs.push_back(of_token.data());
    MatVecs(p.weights.view(), begin, shape.rows, p.view, outputs.data());
    for (size_t t = 0; t < shape.tokens; ++t) {
      AlignedBuffer packed(ActivationBytes(p.format, 1, shape.cols));
      const ActivationView alone =
          PackActivations(p.x.data() + t * shape.cols, 1, shape.cols,
                          shape.cols, p.format, packed.get());
      std::vector<float> expected(shape.rows + 1, kUntouched);
      MatVec(p.weights.view(), begin, shape.rows, alone, expected.data());
      ASSERT_EQ(y[t], expected)
          << shape << ", token " << t << ", weights " << static_cast<int>(type);
    }
  });
}

// The number of threads must not show in the results.
TEST_P(MatMulTest, RowDoesNotDependOnTheRangeBitForBit) {
  for (WeightType type : AllWeightTypes()) {
    const size_t cols = ColsAbove(90, 67, type);
    const Problem p(type, {.rows = 75, .cols = cols, .tokens = 1}, 10);
    const std::vector<float> all = p.Multiply();
    std::vector<float> all_vec(p.Stride(), kUntouched);
    MatVec(p.weights.view(), 0, p.shape.rows, p.view, all_vec.data());
    for (size_t begin = 0; begin < p.shape.rows; begin += 3) {
      const size_t end = begin + 1 + begin * 11 % (p.shape.rows - begin);
      std::vector<float> expected(p.Stride(), kUntouched);
      std::copy(all.begin() + static_cast<ptrdiff_t>(begin),
                all.begin() + static_cast<ptrdiff_t>(end),
                expected.begin() + static_cast<ptrdiff_t>(begin));
      ASSERT_EQ(p.MultiplyRows(begin, end), expected) << begin << ".." << end;
      std::copy(all_vec.begin() + static_cast<ptrdiff_t>(begin),
                all_vec.begin() + static_cast<ptrdiff_t>(end),
                expected.begin() + static_cast<ptrdiff_t>(begin));
      std::vector<float> y(p.Stride(), kUntouched);
      MatVec(p.weights.view(), begin, end, p.view, y.data());
      ASSERT_EQ(y, expected) << begin << ".." << end;
    }
  }
}

TEST_P(MatMulTest, ExtremeQuantsAreExact) {
  // All of -128 times all of +-127: pairs that saturate int16 if done wrong.
  constexpr size_t kCols = 64;
  std::vector<uint8_t> data(2 * 34);
  for (uint8_t quant : {uint8_t{0x80}, uint8_t{0x7f}}) {
    for (size_t i = 0; i < data.size(); ++i) {
      data[i] = i % 34 == 0 ? 0x00 : i % 34 == 1 ? 0x3c : quant;  // scale 1
    }
    const WeightView w{.data = data.data(),
                       .type = WeightType::kQ8_0,
                       .rows = 1,
                       .cols = kCols};
    for (float x : {127.0f, -127.0f}) {
      const std::vector<float> xs(kCols, x);
      AlignedBuffer packed(ActivationBytes(ActivationFormat::kQ8, 1, kCols));
      const ActivationView view = PackActivations(
          xs.data(), 1, kCols, kCols, ActivationFormat::kQ8, packed.get());
      const float expected = 64.0f * static_cast<int8_t>(quant) * x;
      float y = kUntouched;
      MatVec(w, 0, 1, view, &y);
      EXPECT_EQ(y, expected);
      AlignedBuffer scratch(MatMulScratchBytes(ActivationFormat::kQ8));
      MatMul(w, 0, 1, view, &y, 1, scratch.get());
      EXPECT_EQ(y, expected);
    }
  }
}

TEST_P(MatMulTest, NaNStaysWithItsToken) {
  for (WeightType type : AllWeightTypes()) {
    const size_t cols = std::max<size_t>(64, Unit(type));
    Problem p(type, {.rows = 9, .cols = cols, .tokens = 3}, 11);
    p.x[cols + 40] = std::numeric_limits<float>::quiet_NaN();
    p.view =
        PackActivations(p.x.data(), 3, cols, cols, p.format, p.packed.get());
    const std::vector<float> y = p.Multiply();
    for (size_t r = 0; r < 9; ++r) {
      EXPECT_TRUE(std::isfinite(y[r]));
      EXPECT_TRUE(std::isnan(y[p.Stride() + r]));
      EXPECT_TRUE(std::isfinite(y[2 * p.Stride() + r]));
    }
  }
}

// Rows that end within a vector.
TEST_P(MatMulTest, OddColumnsDoNotReadTheNextToken) {
  for (WeightType type : AllWeightTypes()) {
    if (Unit(type) != 1) continue;
    Problem p(type, {.rows = 3, .cols = 33, .tokens = 2}, 12);
    p.x[33] = std::numeric_limits<float>::quiet_NaN();
    p.view = PackActivations(p.x.data(), 2, 33, 33, p.format, p.packed.get());
    const std::vector<float> y = p.Multiply();
    for (size_t r = 0; r < 3; ++r) EXPECT_TRUE(std::isfinite(y[r]));
  }
}

TEST_P(MatMulTest, EmptyRangesDoNothing) {
  for (WeightType type : AllWeightTypes()) {
    const size_t cols = std::max<size_t>(32, Unit(type));
    const Problem p(type, {.rows = 4, .cols = cols, .tokens = 1}, 13);
    EXPECT_EQ(p.MultiplyRows(2, 2), std::vector<float>(5, kUntouched));
    std::vector<float> y(5, kUntouched);
    MatVec(p.weights.view(), 3, 3, p.view, y.data());
    EXPECT_EQ(y, std::vector<float>(5, kUntouched));
  }
}

// Not one target against double, but all against each other: a model must not
// say other things on another machine.
TEST(MatMulTargetsTest, AllTargetsAgree) {
  for (WeightType type : AllWeightTypes()) {
    const Shape shape{.rows = 19, .cols = 256, .tokens = 7};
    std::vector<float> first;
    for (const std::string& target : SupportedTargets()) {
      ASSERT_TRUE(ForceTarget(target));
      const Problem p(type, shape, 14);
      const std::vector<float> y = p.Multiply();
      if (first.empty()) first = y;
      for (size_t i = 0; i < y.size(); ++i) {
        double largest = 0.0;  // of an element's magnitude; activations: 1
        const size_t row = i % 20;
        for (size_t c = 0; row < 19 && c < 256; ++c) {
          largest = std::max(largest, p.elements[row * 256 + c].magnitude());
        }
        ASSERT_NEAR(y[i], first[i], 2 * 256 * largest * 261 * 0x1p-24)
            << target;
      }
    }
  }
  ASSERT_TRUE(ForceTarget(""));
}

}  // namespace
}  // namespace krait::simd
