// SPDX-License-Identifier: Apache-2.0
// log(1 + exp(x)), and exactly where 1 + exp(x) would drop most of exp(x).
float Softplus(float x) {
  if (x > 20.0) return x;
  const float e = exp(x);
  // The series of log(1 + e): off by 2e-9 of it at most.
  if (e < 0.01) return e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - 0.25 * e)));
  return log(1.0 + e);
}
