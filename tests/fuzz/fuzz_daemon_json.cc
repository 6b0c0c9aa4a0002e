// SPDX-License-Identifier: Apache-2.0
// JSON that the daemon reads outside of the language protocol: settings of an
// editor, the greeting of a connection, requests to control it, and its own
// statistics. What it takes it must be able to write, and read again as the
// same. And what a bridge sees of an editor's session.

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/bridge/bridge_state.h"
#include "daemon/config/settings.h"
#include "daemon/process/greeting.h"
#include "daemon/session/acceptance_table.h"
#include "lsp/glimpse.h"
#include "lsp/message.h"
#include "lsp/uri.h"

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
  // Several lists, joined, may be longer than one may be.
  constexpr size_t kMostGlobs = 100;
  const completion::FileRules& files = config.rules.files;
  if (files.globs().size() > kMostGlobs) return;
  if (files.trusted() != problems.empty() ||
      Written(config) != Written(again)) {
    std::abort();
  }
  const std::vector<std::string> names = lsp::PathsInUri(text);
  if (files.trusted() && files.WhyUnread(names) != files.WhyUnread(names)) {
    std::abort();
  }
}

// Each line is a message of the editor; whatever they are, another daemon can
// be told of the session.
void CheckBridge(std::string_view lines) {
  BridgeState state;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    (void)state.NeedsDaemon(line);
    (void)state.FromEditor(line);
    (void)state.TooLarge(lsp::GlimpseOf(line));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  (void)state.Lose();
  lsp::MessageParser parser;
  for (const std::string& body : state.Replay()) {
    const bool kept = body.find("didChangeConfiguration") != body.npos;
    if (parser.Parse(body).kind == lsp::Message::Kind::kInvalid && !kept) {
      std::abort();
    }
  }
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
  krait::daemon::CheckBridge(text);
  (void)krait::daemon::ParseGreeting(text);
  (void)krait::daemon::ParseControlRequest(text);
  return 0;
}
