// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/bench_options.h"

#include <cstddef>
#include <string>

#include "daemon/commands/command_options.h"
#include "daemon/tools/bench/random_model.h"
#include "engine/file/tensor.h"  // RunnableTypeNames

namespace krait::daemon {

void AddRandomWeights(CLI::App* app, RandomWeightsArguments* arguments) {
  CLI::Option* random =
      app->add_option("--random", arguments->shape,
                      "Random weights of a known shape: " + RandomShapeNames())
          ->type_name("SHAPE");
  app->add_option("--type", arguments->type,
                  "Type of the random weights: " + engine::RunnableTypeNames())
      ->needs(random)
      ->capture_default_str();
  app->add_option("--keep", arguments->keep,
                  "Write the random model to FILE (GGUF) and keep it")
      ->needs(random)
      ->type_name("FILE");
}

void AddSpeedOptions(CLI::App* app, BenchArguments* arguments) {
  app->add_option("--tokens,-n", arguments->tokens,
                  "Per repetition; default 64 (decode) or 512 (prefill)")
      ->check(CLI::Range(size_t{1}, kMaxTokens));
  AddCount(app, "--repetitions,-r", &arguments->repetitions, 10000,
           "How often to measure");
  AddRandomWeights(app, &arguments->weights);
  AddJson(app, &arguments->json);
}

void AddDraftsOptions(CLI::App* app, BenchDraftsArguments* arguments) {
  CLI::Option* file =
      app->add_option("--file,-f", arguments->file,
                      "Go on with the text of FILE; default: a sample")
          ->type_name("FILE");
  app->add_option("--repo", arguments->repository,
                  "Go on at places of the FILE instead, with guesses from the "
                  "other files of its repository, too")
      ->check(CLI::ExistingDirectory)
      ->needs(file)
      ->type_name("DIR");
  // The first needs no batch: it is chosen after the prompt.
  app->add_option("--tokens,-n", arguments->tokens, "Per repetition and place")
      ->check(CLI::Range(size_t{2}, kMaxTokens))
      ->capture_default_str();
  AddCount(app, "--repetitions,-r", &arguments->repetitions, 10000,
           "How often to measure");
  AddJson(app, &arguments->json);
}

namespace {

void AddPeerOptions(CLI::App* app, BenchKeystrokesArguments* arguments) {
  app->add_option("--served", arguments->served,
                  "Ask `krait serve` there by /infill, as an editor's plugin "
                  "for llama.cpp does, instead of a session here")
      ->type_name("URL");
  CLI::Option* against =
      app->add_option("--against", arguments->against,
                      "Ask a server that speaks llama.cpp's /infill the same, "
                      "step by step")
          ->type_name("URL");
  app->add_flag("--allow-remote", arguments->allow_remote,
                "Let the servers be on other machines: they get the text");
  app->add_option("--dialect", arguments->dialect,
                  "How the server is asked: infill, or completion with a "
                  "prompt that is laid out here (--peer-prompt)")
      ->needs(against)
      ->type_name("NAME")
      ->capture_default_str();
  app->add_option("--peer-prompt", arguments->peer_prompt,
                  "The prompt for --dialect completion, with {prefix} and "
                  "{suffix}; default: suffix first, as the --model writes "
                  "control tokens")
      ->needs(against)
      ->type_name("TEXT");
  app->add_option("--peer-before", arguments->peer_lines_before,
                  "Lines before the cursor's that the server gets")
      ->capture_default_str();
  app->add_option("--peer-after", arguments->peer_lines_after,
                  "Lines after the cursor's that the server gets")
      ->capture_default_str();
  app->add_option("--timeout", arguments->timeout_s,
                  "Seconds to wait for an answer of the server")
      ->check(CLI::Range(size_t{1}, size_t{86400}))
      ->capture_default_str();
}

}  // namespace

void AddKeystrokesOptions(CLI::App* app, BenchKeystrokesArguments* arguments) {
  AddRandomWeights(app, &arguments->weights);
  AddStateBytes(app, &arguments->model);
  AddContext(app, &arguments->completion);
  app->add_option("--file,-f", arguments->files,
                  "Real source files: typed in the first, switched among all; "
                  "default: generated ones")
      ->type_name("FILE");
  app->add_option("--lines", arguments->lines,
                  "Lengths to compare; with --file: so many lines of all files "
                  "in a row. Default: 100 2000 10000, or the first file's")
      ->check(CLI::Range(size_t{1}, kMaxLines));
  app->add_option("--steps", arguments->steps,
                  "Some of: cold, type, backspace, jump, jump-type, back, "
                  "edit-above, edit-type, bracket, near, visit, revisit, "
                  "restart; default: all")
      ->delimiter(',');
  AddCount(app, "--typed", &arguments->typed, kMaxTokens,
           "Characters typed at the cursor");
  AddCount(app, "--rounds,-r", &arguments->rounds, 1000,
           "How often to run the session, each time elsewhere");
  app->add_flag("--warming", arguments->warming,
                "Read up to the cursor between the steps, as the server does "
                "while nobody types");
  AddPeerOptions(app, arguments);
  AddJson(app, &arguments->json);
}

void AddSoakOptions(CLI::App* app, BenchSoakArguments* arguments) {
  AddStateBytes(app, &arguments->model);
  app->add_option("--keystrokes", arguments->keystrokes, "How many")
      ->check(CLI::Range(size_t{10}, size_t{1} << 32))
      ->capture_default_str();
  app->add_option("--files", arguments->files, "Open files")
      ->check(CLI::Range(size_t{1}, size_t{10'000}))
      ->capture_default_str();
  AddCount(app, "--lines", &arguments->lines, kMaxLines, "Lines of each file");
  app->add_option("--complete-every", arguments->complete_every,
                  "Complete at every Nth keystroke; at the others the model "
                  "only reads what was typed")
      ->check(CLI::Range(size_t{1}, size_t{1} << 32))
      ->capture_default_str();
  AddJson(app, &arguments->json);
}

}  // namespace krait::daemon
