// SPDX-License-Identifier: Apache-2.0
// Blocks of the replay log that share their beginnings.
#include <gtest/gtest.h>

#include <vector>

#include "engine/state/recurrent_state.h"

namespace krait::engine {
namespace {

constexpr size_t kLayers = 3;

RecurrentLayout Layout() {
  return {{.window = 3,
           .channels = 48,
           .heads = 2,
           .state = 8,
           .head_dim = 16,
           .inputs = 50},
          kLayers};
}

float ValueOf(size_t layer, size_t row, size_t i) {
  return static_cast<float>((layer * kBlockTokens + row) * 1000 + i);
}

// Writes the rows [begin, end), `offset` above ValueOf.
void Write(ReplayBlock& block, size_t begin, size_t end, float offset) {
  const size_t size = Layout().row_size;
  block.Extend(begin, end);
  for (size_t layer = 0; layer < kLayers; ++layer) {
    for (size_t row = begin; row < end; ++row) {
      for (size_t i = 0; i < size; ++i) {
        block.Row(layer, row)[i] = ValueOf(layer, row, i) + offset;
      }
    }
  }
  block.filled = end;
}

void ExpectRows(const ReplayBlock& block, size_t begin, size_t end,
                float offset) {
  const size_t size = Layout().row_size;
  for (size_t layer = 0; layer < kLayers; ++layer) {
    for (size_t row = begin; row < end; ++row) {
      for (size_t i = 0; i < size; ++i) {
        ASSERT_EQ(block.Row(layer, row)[i], ValueOf(layer, row, i) + offset)
            << "layer " << layer << ", row " << row;
      }
    }
  }
}

TEST(ReplayBlockTest, GoesOnDifferentlyFromAnyRow) {
  for (size_t rows = 0; rows <= kBlockTokens; ++rows) {
    ReplayBlock first(Layout());
    Write(first, 0, kBlockTokens, 0);
    ReplayBlock second(first, rows);
    EXPECT_EQ(second.filled, rows);
    Write(second, rows, kBlockTokens, 0.5F);
    ExpectRows(first, 0, kBlockTokens, 0);
    ExpectRows(second, 0, rows, 0);
    ExpectRows(second, rows, kBlockTokens, 0.5F);
  }
}

TEST(ReplayBlockTest, SharesWholePieces) {
  constexpr size_t kPiece = ReplayBlock::kPieceTokens;
  ReplayBlock first(Layout());
  Write(first, 0, 2 * kPiece + 2, 0);
  const ReplayBlock second(first, 2 * kPiece + 1);
  const ReplayBlock& original = first;
  EXPECT_EQ(second.Row(0, 2 * kPiece - 1), original.Row(0, 2 * kPiece - 1));
  EXPECT_NE(second.Row(0, 2 * kPiece), original.Row(0, 2 * kPiece));
}

TEST(ReplayBlockTest, ComesBackFromAFile) {
  for (const size_t rows : {1U, 16U, 17U, 64U}) {
    ReplayBlock written(Layout());
    Write(written, 0, rows, 0);
    std::vector<float> values;
    written.AppendRows(rows, &values);
    ASSERT_EQ(values.size() * sizeof(float), written.bytes());
    ReplayBlock read(Layout());
    read.SetRows(values, rows);
    EXPECT_EQ(read.filled, rows);
    ExpectRows(read, 0, rows, 0);
  }
}

}  // namespace
}  // namespace krait::engine
