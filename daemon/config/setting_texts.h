// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_SETTING_TEXTS_H_
#define KRAIT_DAEMON_CONFIG_SETTING_TEXTS_H_

#include <string_view>

namespace krait::daemon {

// Returns what a setting does, in a sentence or two for users; empty for a key
// that is no setting. docs/configuration.md is made of these.
std::string_view AboutSetting(std::string_view key);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_SETTING_TEXTS_H_
