// SPDX-License-Identifier: Apache-2.0
// What products of many tokens have behind the addresses of their own: see
// token_rows.glsl.
#ifdef EXPERTS
#define ROW_PARAMETERS  \
  Floats y;             \
  Uints order;          \
  Uints begins;         \
  uint rows;            \
  uint cols;            \
  uint x_stride;        \
  uint y_stride;        \
  uint uses_per_x;
#else
#define ROW_PARAMETERS  \
  Floats y;             \
  uint rows;            \
  uint cols;            \
  uint x_stride;        \
  uint y_stride;        \
  uint tokens;
#endif
