// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/chat_options.h"

#include <string>

#include "daemon/commands/command_options.h"
#include "engine/tokenizer/chat_template.h"

namespace krait::daemon {
namespace {

// Sampling without defaults: those are the model's.
void AddChatSampling(CLI::App* app, ChatArguments* arguments) {
  engine::SamplingHints& sampling = arguments->sampling;
  const auto share = CLI::Range(0.0F, 1.0F);
  const std::string otherwise = "; default: what the model's file says, else ";
  CLI::Option* temperature =
      app->add_option(
             "--temperature", sampling.temperature,
             "Randomness; 0: always the likeliest token" + otherwise + "0.7")
          ->check(CLI::Range(0.0F, 100.0F));
  app->add_option(
      "--top-k", sampling.top_k,
      "Draw from the K likeliest tokens; 0: from all" + otherwise + "40");
  app->add_option("--top-p", sampling.top_p,
                  "Draw from the likeliest tokens that make up P; 1: from "
                  "all" +
                      otherwise + "0.9")
      ->check(share);
  app->add_option("--min-p", sampling.min_p,
                  "Draw from tokens at least P times as likely as the best" +
                      otherwise + "0")
      ->check(share);
  app->add_option("--repetition-penalty", sampling.repetition_penalty,
                  "Above 1: makes repetition less likely" + otherwise + "1")
      ->check(CLI::Range(0.1F, 10.0F));
  app->add_option("--seed", arguments->seed,
                  "Seed of the draws; default: another one each time");
  app->add_flag("--greedy", arguments->greedy,
                "Always the likeliest token, whatever the model's file says")
      ->excludes(temperature);
}

}  // namespace

void AddChatOptions(CLI::App* app, ChatArguments* arguments) {
  app->add_option("files", arguments->files,
                  "Shown to the model before the first question")
      ->type_name("FILE");
  app->add_option("--system", arguments->system,
                  "What the model is told before all else; default: what its "
                  "template says")
      ->type_name("TEXT");
  app->add_option("--template", arguments->row,
                  "How it was trained to see who says what: " +
                      engine::ChatTemplateNames() +
                      "; default: by the model's file")
      ->type_name("NAME");
  AddCount(app, "--max-tokens,-n", &arguments->max_tokens, kMaxTokens,
           "The most tokens of an answer");
  AddChatSampling(app, arguments);
}

}  // namespace krait::daemon
