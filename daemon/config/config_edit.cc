// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/private_files.h"
#include "daemon/config/config.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

// As a basic string of TOML.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string_view Trimmed(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view()
                                         : line.substr(begin);
}

// Whether the line sets the key.
bool Sets(std::string_view line, std::string_view key) {
  line = Trimmed(line);
  if (!line.starts_with(key)) return false;
  return Trimmed(line.substr(key.size())).starts_with('=');
}

// What follows the line's end; empty at the end of the text.
std::string_view TakeLine(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

base::Status CheckSays(const fs::path& file, const std::string& model) {
  const LoadedConfig loaded = LoadConfig(file);
  if (loaded.config.model.model == model) return {};
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format(
          "cannot be changed by a program: write model = "
          "{} into it yourself{}{}",
          Quoted(model), loaded.problems.empty() ? "" : "; ",
          loaded.problems.empty() ? "" : loaded.problems.front().message));
}

}  // namespace

std::string WithTextSetting(std::string_view toml, std::string_view key,
                            std::string_view value) {
  const std::string setting = fmt::format("{} = {}\n", key, Quoted(value));
  std::string before;
  std::string_view rest = toml;
  while (!rest.empty()) {
    const std::string_view line = TakeLine(&rest);
    if (Trimmed(line).starts_with('['))
      break;  // a table: no top level any more
    if (Sets(line, key)) return before + setting + std::string(rest);
    before += fmt::format("{}\n", line);
  }
  return setting + std::string(toml);
}

base::Result<fs::path> SetDefaultModel(const std::string& model) {
  const fs::path folder = ConfigHome();
  if (folder.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "no folder for settings: set HOME or XDG_CONFIG_HOME");
  }
  if (auto made = base::MakePrivateDirectories(folder); !made) {
    return made.error();
  }
  std::error_code error;
  fs::path file = folder / "config.toml";
  std::string before;
  if (fs::exists(file, error)) {
    file = fs::canonical(file, error);  // a link to it stays one
    const auto text = ReadText(file);
    if (!text) return text.error();
    before = *text;
  }
  // What it would say is tried beside it.
  const fs::path trial = fmt::format("{}.new", file.string());
  const auto written =
      base::WritePrivateFile(trial, WithTextSetting(before, "model", model));
  if (!written) return written.error();
  if (const auto says = CheckSays(trial, model); !says) {
    fs::remove(trial, error);
    return MakeError(says.error().code, fmt::format("{}: {}", file.string(),
                                                    says.error().message));
  }
  const auto mode = fs::status(file, error).permissions();
  if (!error && mode != fs::perms::unknown && mode != fs::perms::none) {
    fs::permissions(trial, mode, error);
  }
  fs::rename(trial, file, error);
  if (!error) return file;
  return MakeError(ErrorCode::kIo,
                   fmt::format("{}: {}", file.string(), error.message()));
}

}  // namespace krait::daemon
