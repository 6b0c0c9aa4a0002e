// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_peaks.h"

#include <gtest/gtest.h>

#include "tests/engine/vulkan/test_device.h"

namespace krait::engine::vulkan {
namespace {

class DevicePeaksTest : public DeviceTest,
                        public testing::WithParamInterface<MatMulKind> {
 protected:
  MatMulKind kind() const override { return GetParam(); }
};

// How much it is nobody can say here; between what a slow processor and what
// no card does.
TEST_P(DevicePeaksTest, AreMeasured) {
  const auto peaks = MeasurePeaks(device_);
  ASSERT_TRUE(peaks) << peaks.error().message;
  EXPECT_GT(peaks->bytes_per_second, 1e6);
  EXPECT_LT(peaks->bytes_per_second, 1e14);
  EXPECT_GT(peaks->operations_per_second, 1e6);
  EXPECT_LT(peaks->operations_per_second, 1e17);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DevicePeaksTest,
                         testing::ValuesIn(TestDevice::Kinds()),
                         [](const testing::TestParamInfo<MatMulKind>& test) {
                           return TestDevice::NameOf(test.param);
                         });

TEST(MatMulKindNameTest, SaysWhatIsMultiplied) {
  EXPECT_EQ(MatMulKindName(MatMulKind::kPlain), "float32");
  EXPECT_EQ(MatMulKindName(MatMulKind::kInt8), "int8");
  EXPECT_EQ(MatMulKindName(MatMulKind::kCooperative), "binary16 matrices");
}

}  // namespace
}  // namespace krait::engine::vulkan
