// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/chunked_scan.h"

#include <cassert>

#include "engine/vulkan/kernel_grids.h"

namespace krait::engine::vulkan {
namespace {

constexpr size_t kTile = 64;        // rows and columns, as in tile_product.glsl
constexpr size_t kPassLanes = 256;  // as in ssd_pass.comp

// Parts of scratch, in floats.
size_t StepsSize(const Mamba2Shape& shape) {
  return shape.heads * 3 * ChunkedScan::kChunk;
}
size_t GramSize(const Mamba2Shape& shape) {
  return shape.groups * ChunkedScan::kChunk * ChunkedScan::kChunk;
}
size_t StateSize(const Mamba2Shape& shape) {
  return shape.heads * shape.state * shape.head_dim;
}

}  // namespace

Status ChunkedScan::Prepare(Pipelines& pipelines) {
  const std::pair<const char*, Pipeline*> shaders[] = {
      {"ssd_steps", &steps_},
      {"ssd_gram", &gram_},
      {"ssd_states", &states_},
      {"ssd_pass", &pass_},
      {"ssd_output", &output_}};
  for (const auto& [name, pipeline] : shaders) {
    const Result<Pipeline> made = pipelines.Get(name);
    if (!made) return made.error();
    *pipeline = *made;
  }
  return {};
}

size_t ChunkedScan::ScratchFloats(const Mamba2Shape& shape, size_t slots) {
  return slots * (StepsSize(shape) + GramSize(shape) + StateSize(shape));
}

void ChunkedScan::Record(Commands& commands, const ScanChunks& scan,
                         const DeviceSequences& sequences,
                         size_t most_tokens) const {
  const Mamba2Shape& shape = scan.shape;
  const Address gram =
      scan.scratch + scan.scratch_slots * StepsSize(shape) * sizeof(float);
  const Address states =
      gram + scan.scratch_slots * GramSize(shape) * sizeof(float);
  const struct {
    Address x, dt, y, dt_bias, a, d, steps, gram, states, sequences;
    uint32_t heads, groups, head_dim, state, x_stride, dt_stride, ssm_offset,
        padding;
  } parameters = {scan.x,
                  scan.dt,
                  scan.y,
                  scan.dt_bias,
                  scan.a,
                  scan.d,
                  scan.scratch,
                  gram,
                  states,
                  sequences.address,
                  U32(shape.heads),
                  U32(shape.groups),
                  U32(shape.head_dim),
                  U32(shape.state),
                  U32(scan.x_stride),
                  U32(scan.dt_stride),
                  U32(scan.ssm_offset),
                  0};
  // Workgroups for each chunk of each sequence.
  const auto for_chunks = [&](const Pipeline& pipeline, size_t groups) {
    commands.Dispatch(pipeline, parameters,
                      {.x = U32(groups),
                       .y = U32(DivideUp(most_tokens, kChunk)),
                       .z = U32(sequences.count)});
  };
  const size_t col_tiles = DivideUp(shape.head_dim, kTile);
  const size_t row_tiles = DivideUp(shape.state, kTile);
  for_chunks(steps_, DivideUp(shape.heads, 64));
  if (scan.y != 0) for_chunks(gram_, shape.groups);
  commands.Barrier();
  for_chunks(states_, shape.heads * row_tiles * col_tiles);
  commands.Barrier();
  commands.Dispatch(pass_, parameters,
                    {.x = U32(DivideUp(StateSize(shape), kPassLanes)),
                     .y = 1,
                     .z = U32(sequences.count)});
  if (scan.y == 0) return;
  commands.Barrier();
  for_chunks(output_, shape.heads * col_tiles);
}

}  // namespace krait::engine::vulkan
