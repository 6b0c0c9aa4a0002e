// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_KNOWN_SETTINGS_H_
#define KRAIT_DAEMON_CONFIG_KNOWN_SETTINGS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/settings.h"

namespace krait::daemon {

// A setting that krait has.
struct KnownSetting {
  std::string key;
  SettingScope scope = SettingScope::kProcess;
  std::string expected;  // completes "expected ..."
  // Returns false, and changes nothing, if the value is not as expected.
  std::function<bool(const SettingValue& value, Config* config)> set;
  std::function<SettingValue(const Config& config)> get;
  // What a value does that is not as expected; may be empty.
  std::function<void(const std::string& problem, Config* config)> on_wrong = {};
  // False: what was written is not repeated where it is wrong: it may be
  // secret.
  bool shown = true;
};

const std::vector<KnownSetting>& KnownSettings();
// Returns null if there is none.
const KnownSetting* FindSetting(std::string_view key);
// Whether a table of this name is the value of one setting.
bool IsTableSetting(std::string_view key);
// Returns the key that was probably meant; empty if none is similar.
std::string_view NearestSetting(std::string_view key);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_KNOWN_SETTINGS_H_
