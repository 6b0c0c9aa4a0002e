// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_SETTINGS_H_
#define KRAIT_DAEMON_CONFIG_SETTINGS_H_

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/config.h"

namespace krait::daemon {

// The setting that says what may not be read. Where it may have been meant and
// cannot be read itself, nothing is read.
inline constexpr std::string_view kDisabledFiles = "completion.disabled_files";

using TextList = std::vector<std::string>;
using FlagTable = std::map<std::string, bool>;

// A value that no setting takes, such as null, is monostate.
using SettingValue = std::variant<std::monostate, bool, int64_t, double,
                                  std::string, TextList, FlagTable>;

// One setting as it was written, wherever that was.
struct Setting {
  std::string key;  // with its tables: "completion.max_tokens"
  SettingValue value;
  std::string place;  // "/home/me/.config/krait/config.toml:7"
};

// Who may set it.
enum class SettingScope : uint8_t {
  kProcess,  // whoever starts the process: the file
  kSession,  // an editor, for its own session, too
};

boost::json::value ToJson(const SettingValue& value);
// As a file has it: "a text", [ "a", "list" ].
std::string ToText(const SettingValue& value);

// Applies all settings that are right and returns what is wrong with others.
// `scope` says who set them.
std::vector<ConfigProblem> ApplySettings(std::span<const Setting> settings,
                                         SettingScope scope, Config* config);

// None of some settings could be read, for this problem.
std::vector<ConfigProblem> UnreadableSettings(std::string problem,
                                              Config* config);

// Returns all settings of scope kSession, as ApplySessionJson reads them.
boost::json::object SessionSettings(const Config& config);

// Where a session's settings are in what it sent.
enum class SettingsSection : uint8_t {
  kOptional,  // under "krait" if there is such a member, else all of it
  kRequired,  // under "krait": other members are other servers'
};

// Applies settings that a session sent as text. null sets nothing.
std::vector<ConfigProblem> ApplySessionJson(std::string_view text,
                                            SettingsSection section,
                                            std::string_view place,
                                            Config* config);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_SETTINGS_H_
