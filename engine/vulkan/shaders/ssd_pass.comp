#version 450
// SPDX-License-Identifier: Apache-2.0
// The recurrence over chunks, of an element of a sequence's state (an
// invocation): what each chunk adds gives way to the state before the chunk.
// See ssd.glsl.
#include "ssd.glsl"
#include "ssd_decay.glsl"
layout(local_size_x = 256) in;

void main() {
  const uint element = gl_GlobalInvocationID.x;
  if (element >= heads * state * head_dim) return;
  const uint head = element / (state * head_dim);
  const Sequence sequence = sequences.at[gl_WorkGroupID.z];
  const uint at = ssm_offset + element;
  float value = 0.0;
  if (IsThere(sequence.from)) value = Floats(sequence.from).at[at];
  for (uint number = 0u; number * kChunk < sequence.tokens; ++number) {
    if (number * kChunk == sequence.kept_after) {
      Floats(sequence.kept).at[at] = value;
    }
    const Chunk chunk = ChunkOf(sequence, number);
    const uint slot_at = StateBegin(chunk.slot, 0u) + element;
    const float added = states.at[slot_at];
    states.at[slot_at] = value;
    const vec2 last = CumOf(StepsBegin(chunk.slot, head), chunk.count - 1u);
    value = fma(Decay(last, vec2(0.0)), value, added);
  }
  if (sequence.tokens == sequence.kept_after) {
    Floats(sequence.kept).at[at] = value;
  }
  Floats(sequence.state).at[at] = value;
}
