// SPDX-License-Identifier: Apache-2.0
#include "engine/quantise/scale_search.h"

#include <algorithm>
#include <cmath>

namespace krait::engine {
namespace {

// The scales that are tried reach this far to either side of the plain one, in
// units of the quants' range.
constexpr int kSteps = 10;
constexpr float kStep = 0.1F;

float Extreme(std::span<const float> x) {
  float extreme = 0;
  for (const float v : x) {
    if (std::abs(v) > std::abs(extreme)) extreme = v;
  }
  return extreme;
}

// The best scale for x = scale * q, and what it takes off the sum of squares.
struct Fit {
  float xq = 0;
  float qq = 0;

  void Add(float x, float q) {
    xq += x * q;
    qq += q * q;
  }
  float scale() const { return qq > 0 ? xq / qq : 0; }
  float gain() const { return qq > 0 ? xq * xq / qq : 0; }
};

// Tries scales around extreme / reach; `quant(x / scale)` rounds.
template <class Quant>
Fit BestFit(std::span<const float> x, float reach, const Quant& quant) {
  const float extreme = Extreme(x);
  // What this leaves is beyond binary16; its inverse might be infinite.
  if (std::abs(extreme) < 1e-30F) return {};
  Fit best;
  for (int step = -kSteps; step <= kSteps; ++step) {
    const float offset = kStep * static_cast<float>(step);
    const float inverse = (reach + offset) / extreme;
    Fit fit;
    for (const float v : x) fit.Add(v, quant(inverse * v));
    if (fit.gain() > best.gain()) best = fit;
  }
  return best;
}

}  // namespace

float FindScale(std::span<const float> x, int lowest) {
  const auto low = static_cast<float>(lowest);
  const auto round = [low](float v) {
    return std::clamp(std::nearbyint(v), low, -low - 1);
  };
  return BestFit(x, low, round).scale();
}

int Nearest(std::span<const int> values, float x) {
  size_t above = 0;  // the first that is not below x
  while (above < values.size() && static_cast<float>(values[above]) < x) {
    ++above;
  }
  if (above == 0) return 0;
  if (above == values.size()) return static_cast<int>(above) - 1;
  const float to_above = static_cast<float>(values[above]) - x;
  const float to_below = x - static_cast<float>(values[above - 1]);
  return static_cast<int>(to_below < to_above ? above - 1 : above);
}

float FindScale(std::span<const float> x, std::span<const int> values) {
  const auto round = [values](float v) {
    return static_cast<float>(values[static_cast<size_t>(Nearest(values, v))]);
  };
  // The two ends are not alike.
  const Fit low = BestFit(x, static_cast<float>(values.front()), round);
  const Fit high = BestFit(x, static_cast<float>(values.back()), round);
  return low.gain() > high.gain() ? low.scale() : high.scale();
}

ScaleAndMinimum FindScaleAndMinimum(std::span<const float> x, int highest,
                                    MinimumSign sign) {
  auto [low, high] = std::ranges::minmax(x);
  const bool clamped = sign == MinimumSign::kNotNegative;
  if (clamped) low = std::min(low, 0.0F);
  if (!(high - low > 1e-30F)) return {0, -low};
  const auto most = static_cast<float>(highest);
  const auto n = static_cast<float>(x.size());
  ScaleAndMinimum best;
  float least = INFINITY;
  for (int step = -kSteps; step <= kSteps; ++step) {
    const float inverse =
        (most + kStep * static_cast<float>(step)) / (high - low);
    float q1 = 0;
    float q2 = 0;
    float x1 = 0;
    float xq = 0;
    for (const float v : x) {
      const float q =
          std::clamp(std::nearbyint(inverse * (v - low)), 0.0F, most);
      q1 += q;
      q2 += q * q;
      x1 += v;
      xq += v * q;
    }
    // The least squares of x = scale * q + base.
    const float determinant = n * q2 - q1 * q1;
    float scale = q2 > 0 ? xq / q2 : 0;  // for a base of 0
    float base = 0;
    if (determinant > 0) {
      const float free_base = (q2 * x1 - q1 * xq) / determinant;
      if (!clamped || free_base <= 0) {
        base = free_base;
        scale = (n * xq - x1 * q1) / determinant;
      }
    }
    float error = 0;
    for (const float v : x) {
      const float q =
          std::clamp(std::nearbyint(inverse * (v - low)), 0.0F, most);
      const float difference = scale * q + base - v;
      error += difference * difference;
    }
    if (error < least) {
      least = error;
      best = {scale, -base};
    }
  }
  return best;
}

}  // namespace krait::engine
