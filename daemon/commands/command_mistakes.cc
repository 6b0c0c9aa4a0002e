// SPDX-License-Identifier: Apache-2.0
//
// CLI11 says that arguments "were not expected", all of them, and begins with
// the one that it could have taken if an option before it had been right.
#include "daemon/commands/command_mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "daemon/similar_name.h"

namespace krait::daemon {
namespace {

// The command that was named last: `list` of `krait model list --jsn`.
const CLI::App& NamedCommand(const CLI::App& app) {
  const CLI::App* command = &app;
  for (auto parsed = command->get_subcommands(); !parsed.empty();
       parsed = command->get_subcommands()) {
    command = parsed.front();
  }
  return *command;
}

std::vector<std::string> OptionsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      names.push_back("-" + name);
    }
  }
  return names;
}

std::vector<std::string> CommandsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* one : command.get_subcommands(nullptr)) {
    if (!one->get_group().empty()) names.push_back(one->get_name());
  }
  return names;
}

std::string Unknown(std::string_view what, const std::string& name,
                    const std::vector<std::string>& names) {
  const auto similar = SimilarName(name, names);
  return fmt::format(
      "unknown {}: {}{}", what, name,
      similar.empty() ? "" : fmt::format("; did you mean {}?", similar));
}

}  // namespace

std::string ExplainMistake(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = NamedCommand(app);
  const std::vector<std::string> left = app.remaining(/*recurse=*/true);
  const auto option = std::ranges::find_if(left, [](const std::string& word) {
    return word.size() > 1 && word.starts_with('-');
  });
  if (option != left.end()) {
    return Unknown("option", option->substr(0, option->find('=')),
                   OptionsOf(command));
  }
  // CLI11 misses the command before it minds the word that should be one.
  const auto commands = CommandsOf(command);
  if (!left.empty() && !commands.empty()) {
    return Unknown("command", left.front(), commands);
  }
  if (!left.empty())
    return fmt::format("unexpected argument: {}", left.front());
  return error.what();
}

}  // namespace krait::daemon
