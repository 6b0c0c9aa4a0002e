// SPDX-License-Identifier: Apache-2.0
#define FLOATS
#define WORDS
#include "../weights.glsl"
const uint kElementHalves = 2u;

float Element(uint at) { return uintBitsToFloat(LoadWord(at)); }
