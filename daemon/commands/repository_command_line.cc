// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/repository_command_line.h"

#include "daemon/commands/command_options.h"

namespace krait::daemon {

void RepositoryCommandLine::AddTo(CLI::App* app, const Hooks& hooks) {
  AddIndex(app, hooks);
  AddSearch(app, hooks);
  AddAsk(app, hooks);
}

void RepositoryCommandLine::AddIndex(CLI::App* app, const Hooks& hooks) {
  CLI::App* index = app->add_subcommand(
      "index", "Make a repository searchable, or bring that up to date");
  index->callback(
      [this, hooks] { hooks.run([this] { return RunIndex(index_); }); });
  CLI::Option* directory =
      index
          ->add_option("directory", index_.directory,
                       "It, or what lies in it; default: the current directory")
          ->type_name("DIR");
  CLI::Option* explain =
      index
          ->add_option("--explain", index_.explained,
                       "Say whether a file is in the index, or why not")
          ->type_name("PATH")
          ->excludes(directory);
  index->add_flag("--remove", index_.remove, "Delete the index")
      ->excludes(explain);
  AddThreads(index, &index_.threads);
  hooks.add_user_rules(index, &index_.rules);
  AddJson(index, &index_.json);
}

void RepositoryCommandLine::AddSearch(CLI::App* app, const Hooks& hooks) {
  CLI::App* search = app->add_subcommand(
      "search", "Find words or code in a repository, best first");
  search->callback(
      [this, hooks] { hooks.run([this] { return RunSearch(search_); }); });
  search
      ->add_option("question", search_.question,
                   "Words, names or a line of code")
      ->required()
      ->type_name("WORDS");
  search
      ->add_option("--repo", search_.repository,
                   "The repository, or what lies in it; default: the current "
                   "directory")
      ->type_name("DIR");
  AddCount(search, "--most,-n", &search_.most, 1000, "The most passages");
  search->add_flag("--no-update", search_.no_update,
                   "Take the index as it is, without a look at the files");
  hooks.add_user_rules(search, &search_.rules);
  AddJson(search, &search_.json);
}

void RepositoryCommandLine::AddAsk(CLI::App* app, const Hooks& hooks) {
  CLI::App* ask = app->add_subcommand(
      "ask", "Ask a question about a repository, and get places for an answer");
  ask->callback([this, hooks] { hooks.run([this] { return RunAsk(ask_); }); });
  ask->add_option("question", ask_.question, "In words")
      ->required()
      ->type_name("QUESTION");
  ask->add_option("--repo", ask_.repository,
                  "The repository, or what lies in it; default: the current "
                  "directory")
      ->type_name("DIR");
  AddModelOptions(ask, &ask_.model);
  AddCount(ask, "--most,-n", &ask_.most, 100, "The most passages");
  AddCount(ask, "--max-tokens", &ask_.max_tokens, kMaxTokens,
           "The most tokens of an answer");
  ask->add_flag("--passages", ask_.passages,
                "The passages themselves, whatever model there is");
  hooks.add_user_model(ask, &ask_.model, &ask_.rules);
  AddJson(ask, &ask_.json);
}

}  // namespace krait::daemon
