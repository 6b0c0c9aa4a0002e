// SPDX-License-Identifier: Apache-2.0
// The parameters of a shader with a weight matrix, which it has as PARAMETERS,
// and how the matrix is read as it lies in a model's file. Included by a
// format (formats/NAME.glsl), which says before
//   WORDS           if its blocks are whole words, so that loads are of 32 bits
// and after
//   kBlockElements, kBlockHalves  a block, in elements and in 16-bit units
//   void Group(uint block, uint group, out float w[16])
//                   elements 16 * group.. of the block that begins `block`
//                   halves behind the matrix, in float32 as ggml has them
// A format without blocks defines FLOATS before and has instead
//   kElementHalves, float Element(uint at)

layout(buffer_reference, std430, buffer_reference_align = 2) readonly buffer
    Halves {
  uint16_t at[];
};

#ifdef WORDS
#define Matrix Uints
#define LoadHalf(i) ((matrix.at[(i) >> 1] >> (((i) & 1u) * 16u)) & 0xffffu)
#define LoadWord(i) (matrix.at[(i) >> 1])  // i is even
#else
#define Matrix Halves
#define LoadHalf(i) (uint(matrix.at[i]))
#define LoadWord(i) (LoadHalf(i) | (LoadHalf((i) + 1u) << 16))
#endif

#ifdef EXPERTS
// One matrix of each of several experts; main() says which is meant.
layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer
    Matrices {
  Matrix at[];
};

layout(push_constant) uniform Parameters {
  Matrices matrices;
  PARAMETERS
};
Matrix matrix;
#else
layout(push_constant) uniform Parameters {
  Matrix matrix;
  PARAMETERS
};
#endif

// The number of binary16 bits.
float HalfValue(uint bits) { return unpackHalf2x16(bits).x; }

// Byte `b` of a word.
uint ByteOf(uint word, uint b) { return (word >> (8u * b)) & 0xffu; }

// The signed number in the lowest 8 bits.
int SignedByte(uint byte) { return int(byte << 24) >> 24; }

// Byte `b` of what begins `at` halves behind the matrix.
uint LoadByte(uint at, uint b) {
  return (LoadHalf(at + (b >> 1)) >> ((b & 1u) * 8u)) & 0xffu;
}
