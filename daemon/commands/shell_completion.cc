// SPDX-License-Identifier: Apache-2.0
//
// Each script finds the command that was named by going through the words of
// the line, "" -> " model" -> " model list", and then offers what that command
// has.
#include "daemon/commands/shell_completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace krait::daemon {
namespace {

// A word that may follow a command.
struct Word {
  std::string text;  // "list", "--json"
  std::string help;
  bool takes_value = false;
};

struct CommandWords {
  std::string path;  // " model list"; empty: krait itself
  std::vector<Word> commands;
  std::vector<Word> options;
};

std::string FirstSentence(const std::string& text) {
  return text.substr(0, std::min(text.find_first_of(";:\n"), text.size()));
}

void Collect(const CLI::App& app, const std::string& path,
             std::vector<CommandWords>* all) {
  CommandWords words{.path = path, .commands = {}, .options = {}};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.options.push_back(
          {.text = "--" + name,
           .help = FirstSentence(option->get_description()),
           .takes_value = option->get_items_expected_max() > 0});
    }
  }
  std::vector<const CLI::App*> inner;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_group().empty()) continue;
    inner.push_back(command);
    words.commands.push_back(
        {.text = command->get_name(),
         .help = FirstSentence(command->get_description())});
  }
  all->push_back(std::move(words));
  for (const CLI::App* command : inner) {
    Collect(*command, path + " " + command->get_name(), all);
  }
}

std::vector<CommandWords> AllWords(const CLI::App& app) {
  std::vector<CommandWords> all;
  Collect(app, "", &all);
  return all;
}

// A pattern of the shell's `case` that takes every command's path.
std::string PathPattern(const std::vector<CommandWords>& all) {
  std::string pattern;
  for (const CommandWords& command : all) {
    if (command.path.empty()) continue;
    pattern +=
        fmt::format("{}\"{}\"", pattern.empty() ? "" : "|", command.path);
  }
  return pattern;
}

// In single quotes; `quote` is how the shell writes one between them.
std::string Quoted(const std::string& text, std::string_view quote) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += quote;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

constexpr std::string_view kQuoteInZsh = R"('\'')";
constexpr std::string_view kQuoteInFish = R"(\')";

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  const auto all = AllWords(app);
  std::string cases;
  for (const CommandWords& command : all) {
    std::string words;
    for (const auto* list : {&command.commands, &command.options}) {
      for (const Word& word : *list) {
        words += (words.empty() ? "" : " ") + word.text;
      }
    }
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", command.path, words);
  }
  return fmt::format(R"(# bash completion for krait
_krait() {{
  local word words= path= current=${{COMP_WORDS[COMP_CWORD]}}
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
      {}) path="$path $word" ;;
    esac
  done
  case $path in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _krait krait
)",
                     PathPattern(all), cases);
}

std::string ZshCompletion(const CLI::App& app) {
  const auto all = AllWords(app);
  std::string cases;
  for (const CommandWords& command : all) {
    cases += fmt::format("    \"{}\")\n", command.path);
    for (const auto& [name, list] : {std::pair("commands", &command.commands),
                                     std::pair("options", &command.options)}) {
      cases += fmt::format("      {}=(", name);
      for (const Word& word : *list) {
        cases += fmt::format("\n        {}",
                             Quoted(word.text + ":" + word.help, kQuoteInZsh));
      }
      cases += ")\n";
    }
    cases += "      ;;\n";
  }
  return fmt::format(R"(#compdef krait
_krait() {{
  local word typed=
  local -a commands options
  for word in ${{words[2,CURRENT-1]}}; do
    case "$typed $word" in
      {}) typed="$typed $word" ;;
    esac
  done
  case $typed in
{}  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option options
  elif (( ${{#commands}} )); then
    _describe command commands
  else
    _files
  fi
}}
_krait "$@"
)",
                     PathPattern(all), cases);
}

std::string FishCompletion(const CLI::App& app) {
  const auto all = AllWords(app);
  std::string paths;
  std::string lines;
  for (const CommandWords& command : all) {
    if (!command.path.empty())
      paths += " " + Quoted(command.path, kQuoteInFish);
    const std::string when =
        fmt::format("complete -c krait -n '__krait_at \"{}\"'", command.path);
    for (const Word& word : command.commands) {
      lines += fmt::format("{} -f -a {} -d {}\n", when, word.text,
                           Quoted(word.help, kQuoteInFish));
    }
    for (const Word& option : command.options) {
      lines += fmt::format("{} -l {}{} -d {}\n", when, option.text.substr(2),
                           option.takes_value ? " -r" : "",
                           Quoted(option.help, kQuoteInFish));
    }
  }
  return fmt::format(R"(# fish completion for krait
function __krait_at
  set -l typed ''
  for word in (commandline -opc)[2..-1]
    if contains -- "$typed $word" {}
      set typed "$typed $word"
    end
  end
  test "$typed" = "$argv[1]"
end
{})",
                     paths.substr(1), lines);
}

}  // namespace krait::daemon
