// SPDX-License-Identifier: Apache-2.0
#define KRAIT_VNNI_VARIANT kVnniAvx3
#define KRAIT_VNNI_NAME "AVX3_VNNI"
#define KRAIT_VNNI_BASE HWY_AVX3
#define KRAIT_VNNI_TARGET_STR HWY_TARGET_STR_AVX3 ",avx512vnni"
#define KRAIT_VNNI_DOT_256 _mm256_dpbusd_epi32
#define KRAIT_VNNI_DOT_512 _mm512_dpbusd_epi32
// Everything below, Highway's functions included, goes into namespaces of its
// own: it must not be taken for what is compiled without VNNI.
#define N_AVX3 N_AVX3_VNNI
#include "simd/quant/vnni_unit-inl.h"
