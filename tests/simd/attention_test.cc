// SPDX-License-Identifier: Apache-2.0
#include "simd/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/simd/each_target.h"
#include "tests/simd/random_floats.h"

namespace krait::simd {
namespace {

constexpr size_t kBlock = 64;

struct Shape {
  size_t positions;  // of the sequence
  size_t heads;
  size_t kv_heads;
  size_t head_dim;
  size_t window = 0;
};

// A sequence with its queries, and its keys and values in blocks, of which what
// nobody has written yet is no number.
class Sequence {
 public:
  explicit Sequence(const Shape& shape)
      : shape_(shape), q_(shape.positions * shape.heads * shape.head_dim) {
    RandomFloats random(static_cast<uint32_t>(
        shape.positions + shape.heads * shape.head_dim + shape.window));
    q_ = random.Draw(q_.size(), -2, 2);
    for (size_t at = 0; at < shape.positions; at += kBlock) {
      for (auto* blocks : {&keys_, &values_}) {
        std::vector<float> block = random.Draw(kBlock * stride(), -2, 2);
        const size_t written = std::min(kBlock, shape.positions - at);
        std::fill(block.begin() + static_cast<ptrdiff_t>(written * stride()),
                  block.end(), std::numeric_limits<float>::quiet_NaN());
        blocks->push_back(std::move(block));
      }
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
      k_.push_back(keys_[i].data());
      v_.push_back(values_[i].data());
    }
  }

  // Of `tokens` from position `begin` on, [tokens, heads * head_dim].
  std::vector<float> Tiles(size_t begin, size_t tokens) const {
    const size_t group = shape_.heads / shape_.kv_heads;
    const size_t row = shape_.heads * shape_.head_dim;
    std::vector<float> out(tokens * row);
    std::vector<float> scratch(
        AttentionTileScratch(tokens * group, shape_.head_dim));
    for (size_t kv_head = 0; kv_head < shape_.kv_heads; ++kv_head) {
      const size_t head = kv_head * group * shape_.head_dim;
      AttendTile({.k = k_.data(),
                  .v = v_.data(),
                  .block_positions = kBlock,
                  .stride = stride(),
                  .column = kv_head * shape_.head_dim,
                  .head_dim = shape_.head_dim,
                  .scale = kScale,
                  .window = shape_.window,
                  .position = begin,
                  .tokens = tokens,
                  .heads = group,
                  .q = q_.data() + begin * row + head,
                  .q_stride = row,
                  .out = out.data() + head},
                 scratch.data());
    }
    return out;
  }

  // Of a head at a position, [head_dim], by one query.
  std::vector<float> Single(size_t position, size_t head) const {
    std::vector<float> scores(position + 1);
    std::vector<float> out(shape_.head_dim);
    Attend({.k = k_.data(),
            .v = v_.data(),
            .block_positions = kBlock,
            .stride = stride(),
            .column = Column(head),
            .begin = Begin(position),
            .end = position + 1,
            .head_dim = shape_.head_dim,
            .scale = kScale},
           Query(position, head), scores.data(), out.data());
    return out;
  }

  // The same in double.
  std::vector<double> Exact(size_t position, size_t head) const {
    std::vector<double> out(shape_.head_dim);
    double sum = 0;
    for (size_t p = Begin(position); p <= position; ++p) {
      const size_t at = p % kBlock * stride() + Column(head);
      double score = 0;
      for (size_t i = 0; i < shape_.head_dim; ++i) {
        score += static_cast<double>(Query(position, head)[i]) *
                 static_cast<double>(keys_[p / kBlock][at + i]);
      }
      const double weight = std::exp(score * static_cast<double>(kScale));
      sum += weight;
      for (size_t i = 0; i < shape_.head_dim; ++i) {
        out[i] += weight * static_cast<double>(values_[p / kBlock][at + i]);
      }
    }
    for (double& value : out) value /= sum;
    return out;
  }

 private:
  static constexpr float kScale = 0.125F;

  size_t stride() const { return shape_.kv_heads * shape_.head_dim; }
  size_t Begin(size_t position) const {
    return shape_.window == 0 || position < shape_.window
               ? 0
               : position + 1 - shape_.window;
  }
  size_t Column(size_t head) const {
    return head / (shape_.heads / shape_.kv_heads) * shape_.head_dim;
  }
  const float* Query(size_t position, size_t head) const {
    return q_.data() + (position * shape_.heads + head) * shape_.head_dim;
  }

  Shape shape_;
  std::vector<float> q_;  // [positions, heads * head_dim]
  std::vector<std::vector<float>> keys_;
  std::vector<std::vector<float>> values_;
  std::vector<const float*> k_;
  std::vector<const float*> v_;
};

const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = {
      {.positions = 1, .heads = 1, .kv_heads = 1, .head_dim = 64},
      {.positions = 130, .heads = 8, .kv_heads = 2, .head_dim = 64},
      {.positions = 70, .heads = 3, .kv_heads = 3, .head_dim = 80},
      {.positions = 200, .heads = 7, .kv_heads = 1, .head_dim = 17},
      {.positions = 200,
       .heads = 2,
       .kv_heads = 1,
       .head_dim = 128,
       .window = 65},
      {.positions = 150,
       .heads = 2,
       .kv_heads = 2,
       .head_dim = 6,
       .window = 5}};
  return shapes;
}

class AttentionTest : public EachTarget {};
KRAIT_INSTANTIATE_EACH_TARGET(AttentionTest);

TEST_P(AttentionTest, OfOneQueryIsExact) {
  for (const Shape& shape : Shapes()) {
    const Sequence sequence(shape);
    for (size_t p = 0; p < shape.positions; p += 23) {
      for (size_t head = 0; head < shape.heads; ++head) {
        const std::vector<float> out = sequence.Single(p, head);
        const std::vector<double> exact = sequence.Exact(p, head);
        for (size_t i = 0; i < out.size(); ++i) {
          // Scores of up to 8 in float32, values of up to 2.
          ASSERT_NEAR(static_cast<double>(out[i]), exact[i], 2e-5);
        }
      }
    }
  }
}

TEST_P(AttentionTest, OfATileIsExact) {
  for (const Shape& shape : Shapes()) {
    const Sequence sequence(shape);
    const std::vector<float> out = sequence.Tiles(0, shape.positions);
    for (size_t p = 0; p < shape.positions; ++p) {
      for (size_t head = 0; head < shape.heads; ++head) {
        const std::vector<double> exact = sequence.Exact(p, head);
        const size_t at = (p * shape.heads + head) * shape.head_dim;
        for (size_t i = 0; i < exact.size(); ++i) {
          ASSERT_NEAR(static_cast<double>(out[at + i]), exact[i], 2e-5)
              << "position " << p << ", head " << head << ", window "
              << shape.window;
        }
      }
    }
  }
}

// A restored state goes on as the one that was saved, however the tokens came.
TEST_P(AttentionTest, DoesNotDependOnTheOthersOfATile) {
  for (const Shape& shape : Shapes()) {
    const Sequence sequence(shape);
    const std::vector<float> all = sequence.Tiles(0, shape.positions);
    const size_t row = shape.heads * shape.head_dim;
    for (const size_t tokens : {size_t{1}, size_t{3}, size_t{61}}) {
      for (size_t begin = 0; begin < shape.positions; begin += tokens) {
        const size_t count = std::min(tokens, shape.positions - begin);
        const std::vector<float> part = sequence.Tiles(begin, count);
        ASSERT_TRUE(
            std::equal(part.begin(), part.end(),
                       all.begin() + static_cast<ptrdiff_t>(begin * row)))
            << tokens << " tokens from " << begin;
      }
    }
  }
}

}  // namespace
}  // namespace krait::simd
