// SPDX-License-Identifier: Apache-2.0
// The decay between two tokens of a chunk, exp(cum_t - cum_s) with s <= t. A
// sum is kept as two numbers, so that the difference of large ones is as exact
// as the steps between. Above zero there is none but by rounding.
float Decay(vec2 cum_t, vec2 cum_s) {
  return exp(min((cum_t.x - cum_s.x) + (cum_t.y - cum_s.y), 0.0));
}

// dt of a token of a chunk, and its cum.
float StepSize(uint steps_begin, uint token) {
  return steps.at[steps_begin + token];
}
vec2 CumOf(uint steps_begin, uint token) {
  return vec2(steps.at[steps_begin + kChunk + token],
              steps.at[steps_begin + 2u * kChunk + token]);
}
