// SPDX-License-Identifier: Apache-2.0
#define FLOATS
#include "../weights.glsl"
const uint kElementHalves = 1u;

float Element(uint at) { return uintBitsToFloat(LoadHalf(at) << 16); }
