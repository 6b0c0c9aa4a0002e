// SPDX-License-Identifier: Apache-2.0
// Sums and maxima over a workgroup, in an order that is the device's own but
// always the same. All invocations take part and get the result.
shared float reduced[kMaxSubgroups];

float WorkgroupSum(float value) {
  const float sum = subgroupAdd(value);
  barrier();  // of those who still read what was reduced before
  if (subgroupElect()) reduced[gl_SubgroupID] = sum;
  barrier();
  float total = 0.0;
  for (uint i = 0; i < gl_NumSubgroups; ++i) total += reduced[i];
  return total;
}

float WorkgroupMax(float value) {
  const float largest = subgroupMax(value);
  barrier();
  if (subgroupElect()) reduced[gl_SubgroupID] = largest;
  barrier();
  float total = reduced[0];
  for (uint i = 1; i < gl_NumSubgroups; ++i) total = max(total, reduced[i]);
  return total;
}
