// SPDX-License-Identifier: Apache-2.0
// What attention's shaders do, against the processor's kernels.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/vulkan/kernels.h"
#include "simd/attention.h"
#include "simd/rope.h"
#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {
namespace {

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

// Tokens that follow each other share what is read, in blocks: heads of every
// usual size, one token and several blocks, windows that end in another page.
TEST_F(AttentionKernelsTest, BlocksOfTokensGetWhatEachGetsAlone) {
  const struct {
    size_t head_dim, kv_heads, sharing, first, tokens, window;
  } shapes[] = {{64, 2, 4, 0, 9, 0},     {80, 1, 1, 60, 40, 0},
                {96, 2, 3, 130, 1, 0},   {128, 1, 8, 63, 5, 70},
                {256, 1, 2, 100, 3, 1},  {1, 3, 1, 7, 35, 0},
                {33, 1, 5, 190, 20, 65}, {128, 1, 4, 0, 70, 16}};
  for (const auto& [head_dim, kv_heads, sharing, first, tokens, window] :
       shapes) {
    ASSERT_TRUE(kernels_->PrepareAttention(head_dim));
    const size_t heads = kv_heads * sharing;
    const size_t row_size = kv_heads * head_dim;
    const size_t keys_ofs = kBlockTokens * 2 * row_size;
    const size_t last = first + tokens - 1;
    PagedRows paged = MakeRows({last}, 2 * keys_ofs);
    std::vector<std::vector<float>> blocks;
    std::vector<Address> addresses;
    for (size_t begin = 0; begin <= last; begin += kBlockTokens) {
      const size_t count = std::min(kBlockTokens, last + 1 - begin);
      std::vector<float> page(2 * keys_ofs, NAN);
      for (const size_t part : {size_t{0}, size_t{1}}) {
        std::ranges::copy(
            Random(count * row_size),
            page.begin() + static_cast<ptrdiff_t>(
                               keys_ofs + part * kBlockTokens * row_size));
      }
      const Slice& slice = paged.pages[blocks.size()];
      transfers_->Upload(std::as_bytes(std::span(page)), slice);
      addresses.push_back(slice.address);
      blocks.push_back(std::move(page));
    }
    std::vector<DeviceRow> rows;
    const Address pages = Put(addresses).address;
    for (size_t t = 0; t < tokens; ++t) {
      rows.push_back(
          {.pages = pages, .position = static_cast<uint32_t>(first + t)});
    }
    const std::vector<float> q = Random(tokens * heads * head_dim);
    const Slice y = Room(q.size());
    const Slice alone = Room(heads * head_dim);
    const size_t token = Pick(0, tokens - 1);
    Attend attend{.q = Put(q).address,
                  .y = y.address,
                  .rows = Put(rows).address,
                  .heads = heads,
                  .kv_heads = kv_heads,
                  .head_dim = head_dim,
                  .page_offset = keys_ofs,
                  .window = window,
                  .scale = 0.3F,
                  .one_sequence = true};
    commands_->Begin();
    kernels_->Attention(*commands_, attend, tokens);
    attend.q += token * heads * head_dim * sizeof(float);
    attend.rows += token * sizeof(DeviceRow);
    attend.y = alone.address;
    kernels_->Attention(*commands_, attend, 1);
    commands_->Run();
    const std::vector<float> result = Get(y, q.size());
    const std::vector<float> of_one = Get(alone, heads * head_dim);
    for (size_t i = 0; i < of_one.size(); ++i) {
      ASSERT_EQ(of_one[i], result[token * heads * head_dim + i]) << i;
    }
    std::vector<const float*> keys;
    std::vector<const float*> values;
    for (const auto& block : blocks) {
      keys.push_back(block.data() + keys_ofs);
      values.push_back(keys.back() + kBlockTokens * row_size);
    }
    for (size_t t = 0; t < tokens; ++t) {
      const size_t end = first + t + 1;
      for (size_t h = 0; h < heads; ++h) {
        std::vector<float> scores(end);
        std::vector<float> expected(head_dim);
        const size_t q_ofs = (t * heads + h) * head_dim;
        simd::Attend({.k = keys.data(),
                      .v = values.data(),
                      .block_positions = kBlockTokens,
                      .stride = row_size,
                      .column = h / sharing * head_dim,
                      .begin = window == 0 || end <= window ? 0 : end - window,
                      .end = end,
                      .head_dim = head_dim,
                      .scale = 0.3F},
                     q.data() + q_ofs, scores.data(), expected.data());
        for (size_t i = 0; i < head_dim; ++i) {
          ASSERT_NEAR(result[q_ofs + i], expected[i], 1e-5)
              << "head " << h << " of token " << t << " of " << tokens
              << ", heads of " << head_dim << ", window " << window;
        }
      }
    }
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
