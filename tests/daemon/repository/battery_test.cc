// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/battery.h"

#include <string>

#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

// The folder stands for /sys/class/power_supply.
class BatteryTest : public RepositoryTest {
 protected:
  void Battery(const std::string& name, const std::string& status) const {
    Write(name + "/type", "Battery\n");
    Write(name + "/status", status + "\n");
  }
  void Mains(const std::string& online) const {
    Write("AC/type", "Mains\n");
    Write("AC/online", online + "\n");
  }
  bool On() const { return IsOnBattery(root_); }
};

TEST_F(BatteryTest, ABatteryThatIsDischargedIsRunOn) {
  EXPECT_FALSE(On());  // a machine that has none
  EXPECT_FALSE(IsOnBattery(root_ / "none"));
  Battery("BAT0", "Full");
  EXPECT_FALSE(On());
  Battery("BAT1", "Discharging");
  EXPECT_TRUE(On());
}

TEST_F(BatteryTest, MainsCountMore) {
  Battery("BAT0", "Discharging");  // more is taken than comes
  Mains("1");
  EXPECT_FALSE(On());
  Mains("0");
  EXPECT_TRUE(On());
}

TEST_F(BatteryTest, AMousesBatteryIsNotTheMachines) {
  Battery("hidpp_battery_0", "Discharging");
  Write("hidpp_battery_0/scope", "Device\n");
  EXPECT_FALSE(On());
}

}  // namespace
}  // namespace krait::repository
