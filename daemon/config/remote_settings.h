// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_REMOTE_SETTINGS_H_
#define KRAIT_DAEMON_CONFIG_REMOTE_SETTINGS_H_

#include <vector>

#include "daemon/config/known_settings.h"

namespace krait::daemon {

// The settings of the engine elsewhere. Only the user's own file has them: a
// repository's settings, which an editor passes on, can have nothing sent; one
// of them can only keep it from being sent.
std::vector<KnownSetting> EngineElsewhereSettings();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_REMOTE_SETTINGS_H_
