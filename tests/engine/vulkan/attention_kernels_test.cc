// SPDX-License-Identifier: Apache-2.0
// What attention's shaders do, against the processor's kernels.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
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

  // Puts keys and values of `count` positions, of rows of that size, into a
  // page of so many floats: the keys `keys_ofs` behind its begin. What is not
  // written has no value. Returns the page.
  std::vector<float> FillPage(const Slice& slice, size_t page_floats,
                              size_t keys_ofs, size_t count, size_t row_size,
                              float largest) {
    std::vector<float> page(page_floats, NAN);
    for (const size_t part : {size_t{0}, size_t{1}}) {
      std::ranges::copy(
          Random(count * row_size, -largest, largest),
          page.begin() + static_cast<ptrdiff_t>(keys_ofs + part * kBlockTokens *
                                                               row_size));
    }
    transfers_->Upload(std::as_bytes(std::span(page)), slice);
    return page;
  }

  // y of a token that sees the positions up to `end` of the pages is what the
  // processor gives.
  static void ExpectHeads(const Attend& attend, size_t token, size_t end,
                          std::span<const std::vector<float>> pages,
                          const std::vector<float>& q,
                          const std::vector<float>& y, double tolerance) {
    const size_t row_size = attend.kv_heads * attend.head_dim;
    std::vector<const float*> keys;
    std::vector<const float*> values;
    for (const auto& page : pages) {
      keys.push_back(page.data() + attend.page_offset);
      values.push_back(keys.back() + kBlockTokens * row_size);
    }
    const size_t window = attend.window;
    for (size_t h = 0; h < attend.heads; ++h) {
      std::vector<float> scores(end);
      std::vector<float> expected(attend.head_dim);
      const size_t q_ofs = (token * attend.heads + h) * attend.head_dim;
      const size_t sharing = attend.heads / attend.kv_heads;
      simd::Attend({.k = keys.data(),
                    .v = values.data(),
                    .block_positions = kBlockTokens,
                    .stride = row_size,
                    .column = h / sharing * attend.head_dim,
                    .begin = window == 0 || end <= window ? 0 : end - window,
                    .end = end,
                    .head_dim = attend.head_dim,
                    .scale = attend.scale},
                   q.data() + q_ofs, scores.data(), expected.data());
      for (size_t i = 0; i < attend.head_dim; ++i) {
        ASSERT_NEAR(y[q_ofs + i], expected[i], tolerance)
            << "head " << h << " of token " << token << ", heads of "
            << attend.head_dim << ", window " << window;
      }
    }
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
    std::vector<std::vector<float>> pages;  // of both tokens
    for (const size_t position : positions) {
      for (size_t first = 0; first <= position; first += kBlockTokens) {
        const size_t count = std::min(kBlockTokens, position + 1 - first);
        pages.push_back(FillPage(rows.pages[pages.size()], 2 * keys_ofs,
                                 keys_ofs, count, row_size, 3));
      }
    }
    const Slice y = Room(q.size());
    const Attend attend{.q = Put(q).address,
                        .y = y.address,
                        .rows = rows.rows,
                        .heads = heads,
                        .kv_heads = kv_heads,
                        .head_dim = head_dim,
                        .page_offset = keys_ofs,
                        .window = window,
                        .scale = 0.3F};
    commands_->Begin();
    kernels_->Attention(*commands_, attend, 2);
    commands_->Run();
    const std::vector<float> result = Get(y, q.size());
    const size_t first_pages = positions[0] / kBlockTokens + 1;
    // Scores of magnitude 100 in float32, through exp().
    ExpectHeads(attend, 0, positions[0] + 1,
                std::span(pages).first(first_pages), q, result, 2e-4);
    ExpectHeads(attend, 1, positions[1] + 1,
                std::span(pages).subspan(first_pages), q, result, 2e-4);
    if (HasFatalFailure()) return;
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
      const Slice& slice = paged.pages[blocks.size()];
      const size_t count = std::min(kBlockTokens, last + 1 - begin);
      blocks.push_back(
          FillPage(slice, 2 * keys_ofs, keys_ofs, count, row_size, 1));
      addresses.push_back(slice.address);
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
    for (size_t t = 0; t < tokens; ++t) {
      ExpectHeads(attend, t, first + t + 1, blocks, q, result, 1e-5);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace krait::engine::vulkan
