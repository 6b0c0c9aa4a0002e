// SPDX-License-Identifier: Apache-2.0
// JSON that the daemon reads outside of the language protocol: settings of an
// editor, the greeting of a connection, requests to control it, and its own
// statistics. What it takes it must be able to write, and read again as the
// same.

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/config/settings.h"
#include "daemon/server/acceptance_table.h"
#include "daemon/server/greeting.h"

namespace krait::daemon {
namespace {

std::string Written(const Config& config) {
  return boost::json::serialize(SessionSettings(config));
}

void CheckSettings(std::string_view text) {
  Config config;
  (void)ApplySessionJson(text, SettingsSection::kOptional, "fuzz", &config);
  Config again;
  const auto problems = ApplySessionJson(
      Written(config), SettingsSection::kOptional, "fuzz", &again);
  if (!problems.empty() || Written(config) != Written(again)) std::abort();
}

void CheckStatistics(std::string_view text) {
  const auto table = ParseAcceptanceTable(text, "fuzz");
  if (!table) return;
  const std::string written = boost::json::serialize(ToJson(*table));
  const auto again = ParseAcceptanceTable(written, "fuzz");
  if (!again || !(again->all == table->all)) std::abort();
}

}  // namespace
}  // namespace krait::daemon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  krait::daemon::CheckSettings(text);
  krait::daemon::CheckStatistics(text);
  (void)krait::daemon::ParseGreeting(text);
  (void)krait::daemon::ParseControlRequest(text);
  return 0;
}
