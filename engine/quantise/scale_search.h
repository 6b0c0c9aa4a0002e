// SPDX-License-Identifier: Apache-2.0
// Scales that make the squared error of a few weights small. Each tries some
// scales around the one that just reaches the extreme, rounds, and takes of
// each rounding the scale that fits it best.
#ifndef KRAIT_ENGINE_QUANTISE_SCALE_SEARCH_H_
#define KRAIT_ENGINE_QUANTISE_SCALE_SEARCH_H_

#include <span>

namespace krait::engine {

// Returns the scale for x[i] = scale * q[i] with q in [lowest, -lowest - 1]. It
// may be negative: the extreme takes the side that reaches further.
float FindScale(std::span<const float> x, int lowest);

// The same for q chosen from the sorted `values` (whole numbers).
float FindScale(std::span<const float> x, std::span<const int> values);

// Returns the index of the nearest of the sorted `values`.
int Nearest(std::span<const int> values, float x);

// x[i] = scale * q[i] - minimum with q in [0, highest].
struct ScaleAndMinimum {
  float scale = 0;
  float minimum = 0;
};
enum class MinimumSign { kAny, kNotNegative };
ScaleAndMinimum FindScaleAndMinimum(std::span<const float> x, int highest,
                                    MinimumSign sign);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_QUANTISE_SCALE_SEARCH_H_
