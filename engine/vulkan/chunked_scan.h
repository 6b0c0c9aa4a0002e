// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_VULKAN_CHUNKED_SCAN_H_
#define KRAIT_ENGINE_VULKAN_CHUNKED_SCAN_H_

#include <cstddef>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"  // kBlockTokens
#include "engine/vulkan/commands.h"
#include "engine/vulkan/device_sequence.h"
#include "engine/vulkan/pipelines.h"

namespace krait::engine::vulkan {

// Where Mamba-2's recurrence of a layer goes in chunks. The numbers of rows are
// those of all sequences of a call.
struct ScanChunks {
  Mamba2Shape shape;
  Address x = 0;  // [rows], x_stride apart: x, B, C, behind the convolution
  size_t x_stride = 0;
  Address dt = 0;  // [rows], dt_stride apart: [heads], before bias and softplus
  size_t dt_stride = 0;
  Address y = 0;             // [rows, d_inner]; 0: no outputs are asked for
  Address dt_bias = 0;       // [heads]
  Address a = 0;             // [heads], negative
  Address d = 0;             // [heads]
  size_t ssm_offset = 0;     // in a state, in floats
  Address scratch = 0;       // ChunkedScan::ScratchFloats
  size_t scratch_slots = 0;  // that it was made for
};

// Mamba-2's recurrence in the matrix form of the state space duality, in chunks
// of which all but a short recurrence over their states runs side by side; see
// shaders/ssd.glsl. What a token gets depends on the state before its chunk and
// on the tokens of its chunk up to it alone, bit for bit; beside Kernels::
// SsmScan, which goes token by token, it rounds differently. A chunk is a block
// of the replay log: sequences begin on the grid, where their state before is
// (DeviceSequence::from), with tokens that were fed before if need be (up to
// first_output), and states are kept on the grid. Thread-compatible.
class ChunkedScan {
 public:
  static constexpr size_t kChunk = kBlockTokens;

  // Makes the shaders.
  Status Prepare(Pipelines& pipelines);

  // Chunks that scratch has room for, for so many rows of so many sequences.
  static size_t Slots(size_t rows, size_t sequences) {
    return rows / kChunk + sequences;
  }
  // What Record works in, of any layer of the shape.
  static size_t ScratchFloats(const Mamba2Shape& shape, size_t slots);

  // y and the states after, of sequences of at most `most_tokens` each; with
  // barriers between its parts.
  void Record(Commands& commands, const ScanChunks& scan,
              const DeviceSequences& sequences, size_t most_tokens) const;

 private:
  Pipeline steps_;
  Pipeline gram_;
  Pipeline states_;
  Pipeline pass_;
  Pipeline output_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_ENGINE_VULKAN_CHUNKED_SCAN_H_
