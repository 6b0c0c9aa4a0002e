// SPDX-License-Identifier: Apache-2.0
// The parameters of a shader with a weight matrix, which it has as PARAMETERS,
// and how the matrix is read as it lies in a model's file. Included by a
// format (formats/NAME.glsl), which says
//   kBlockElements, kBlockHalves  a block, in elements and in 16-bit units
//   void Quants(uint block, uint group, out uint q[4], out float scale,
//               out float minimum)
//                   elements 16 * group.. of the block that begins `block`
//                   halves behind the matrix: signed bytes, four to a word, of
//                   which scale * q - minimum is what ggml has
// A format without blocks defines FLOATS before and has instead
//   kElementHalves, float Element(uint at)
//   void Elements(uint at, out float w[16])   where at is a multiple of 16

// Wider loads, where they are aligned.
layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Pairs {
  uvec2 at[];
};
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer
    Quads {
  uvec4 at[];
};

#ifdef EXPERTS
// The addresses of several matrices (or of one: token_rows.glsl), of which
// main() chooses.
layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Matrices {
  uvec2 at[];  // of a Uints each
};

layout(push_constant) uniform Parameters {
  Matrices matrices;
  PARAMETERS
};
Uints matrix;
#else
layout(push_constant) uniform Parameters {
  Uints matrix;
  PARAMETERS
};
#endif

// What begins `i` halves behind the matrix; the numbers are multiples of 1, 2,
// 4 and 8.
#define LoadHalf(i) ((matrix.at[(i) >> 1] >> (((i) & 1u) * 16u)) & 0xffffu)
#define LoadWord(i) (matrix.at[(i) >> 1])
#define LoadPair(i) (Pairs(matrix).at[(i) >> 2])
#define LoadQuad(i) (Quads(matrix).at[(i) >> 3])

// Four words that begin `i` halves behind the matrix, in whole words all the
// same: a block may begin between two.
void LoadWords(uint i, out uint words[4]) {
  uint loaded[5];
  for (uint k = 0u; k < 4u; ++k) loaded[k] = matrix.at[(i >> 1) + k];
  loaded[4] = matrix.at[(i + 7u) >> 1];  // not behind the last half
  const bool between = (i & 1u) != 0u;
  for (uint k = 0u; k < 4u; ++k) {
    words[k] = between ? loaded[k] >> 16 | loaded[k + 1u] << 16 : loaded[k];
  }
}

// The number of binary16 bits.
float HalfValue(uint bits) { return unpackHalf2x16(bits).x; }

// Byte `b` of what begins `at` halves behind the matrix.
uint LoadByte(uint at, uint b) {
  return (LoadHalf(at + (b >> 1)) >> ((b & 1u) * 8u)) & 0xffu;
}

// Each of the lowest four bits in a byte of its own.
uint SpreadBits(uint bits) { return ((bits & 15u) * 0x204081u) & 0x01010101u; }
