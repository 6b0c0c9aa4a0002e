// SPDX-License-Identifier: Apache-2.0
#define KRAIT_VNNI_VARIANT kVnniAvx2
#define KRAIT_VNNI_NAME "AVX2_VNNI"
#define KRAIT_VNNI_BASE HWY_AVX2
#define KRAIT_VNNI_TARGET_STR HWY_TARGET_STR_AVX2 ",avxvnni"
#define KRAIT_VNNI_DOT_256 _mm256_dpbusd_avx_epi32
// See vnni_avx3.cc.
#define N_AVX2 N_AVX2_VNNI
#include "simd/quant/vnni_unit-inl.h"
