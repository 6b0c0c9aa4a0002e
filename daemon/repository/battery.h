// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_BATTERY_H_
#define KRAIT_DAEMON_REPOSITORY_BATTERY_H_

#include <filesystem>

namespace krait::repository {

// Whether the machine runs on its battery, by what Linux says of power supplies
// (Documentation/ABI/testing/sysfs-class-power): a battery of the machine, not
// of a mouse, is being discharged, and no mains or USB supply is there. False
// where nothing is known. Reads a few small files. Thread-safe.
bool IsOnBattery(
    const std::filesystem::path& supplies = "/sys/class/power_supply");

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_BATTERY_H_
