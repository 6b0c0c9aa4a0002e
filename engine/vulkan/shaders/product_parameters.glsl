// SPDX-License-Identifier: Apache-2.0
// What products of many tokens have behind the addresses of their own. Included
// before a format; token_rows.glsl comes behind it.
#define EXPERTS
#define ROW_PARAMETERS  \
  Floats y;             \
  Uints order;          \
  Uints begins;         \
  uint rows;            \
  uint cols;            \
  uint x_stride;        \
  uint y_stride;        \
  uint tokens;          \
  uint uses_per_x;
