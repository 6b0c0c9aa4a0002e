// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_options.h"

#include "daemon/commands/command_options.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

void AddRightShare(CLI::App* app, double* share) {
  app->add_option("--right", *share,
                  "The share of what is shown that is to be right, for "
                  "--calibrate")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void AddRepository(CLI::App* app, std::string* repository) {
  app->add_option("--repo", *repository,
                  "What they are cases of: remind the model of its other "
                  "files, too")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
}

}  // namespace

void AddEvalFimOptions(CLI::App* app, EvalFimArguments* arguments) {
  app->add_option("cases", arguments->cases,
                  "One JSON object a line: language, prefix, suffix, middle; "
                  "or HumanEval-Infilling's; -: standard input")
      ->required()
      ->type_name("CASES.jsonl");
  app->add_option("--limit", arguments->limit, "The first N cases; 0: all")
      ->capture_default_str();
  AddModelOptions(app, &arguments->model);
  AddLayout(app, &arguments->model);
  AddContext(app, &arguments->completion);
  AddConfidence(app, &arguments->completion);
  AddHealing(app, &arguments->completion);
  AddFileMemory(app, &arguments->completion);
  AddRepository(app, &arguments->repository);
  AddExtentName(
      app,
      "How far to complete (see `krait complete`); default: by what is wanted",
      [arguments](completion::CompletionExtent extent) {
        arguments->extent = extent;
      });
  app->add_flag("--calibrate", arguments->calibrate,
                "Show how good completions are by how sure the model was, and "
                "choose thresholds for its file (krait.confidence.*)");
  AddRightShare(app, &arguments->right_share);
  app->add_option("--completions", arguments->completions,
                  "Write what was found there: one JSON object a line, task_id "
                  "and completion")
      ->type_name("FILE");
  AddSampling(app, &arguments->completion.sampling);
  AddJson(app, &arguments->json);
}

void AddEvalShownOptions(CLI::App* app, EvalShownArguments* arguments) {
  app->add_option("files", arguments->files,
                  "Source files; .jsonl: cases, as of `krait eval fim`")
      ->required()
      ->type_name("FILE");
  AddCount(app, "--places", &arguments->places, kMaxPlaces,
           "The most places of each language");
  app->add_option("--seed", arguments->seed, "Another seed: other places")
      ->capture_default_str();
  AddModelOptions(app, &arguments->model);
  AddContext(app, &arguments->completion);
  AddConfidence(app, &arguments->completion);
  AddHealing(app, &arguments->completion);
  AddFileMemory(app, &arguments->completion);
  AddRepository(app, &arguments->repository);
  app->add_flag("--calibrate", arguments->calibrate,
                "Choose thresholds for the model's file (krait.confidence.*)");
  AddRightShare(app, &arguments->right_share);
  app->add_option("--completions", arguments->completions,
                  "Write what was said and shown there: one JSON object a line")
      ->type_name("FILE");
  AddJson(app, &arguments->json);
}

void AddEvalRetrievalOptions(CLI::App* app, EvalRetrievalArguments* arguments) {
  app->add_option("directories", arguments->directories,
                  "Repositories, or any folders with code")
      ->type_name("DIR");
  app->add_option("--ask", arguments->questions_file,
                  "Questions with known answers, of the folders that they name")
      ->type_name("QUESTIONS.jsonl");
  app->add_option("--embedding-model", arguments->embedding_model,
                  "What makes the vectors (repository.embedding_model)")
      ->type_name("MODEL");
  AddCount(app, "--questions", &arguments->questions, kMaxPlaces,
           "The most questions of each kind");
  AddJson(app, &arguments->json);
}

void AddEvalAskOptions(CLI::App* app, EvalAskArguments* arguments) {
  app->add_option("questions", arguments->questions,
                  "One JSON object a line: question, paths (of files that have "
                  "the answer; [] if none has) and a sample answer; -: "
                  "standard input")
      ->required()
      ->type_name("QUESTIONS.jsonl");
  app->add_option("--repo", arguments->repository,
                  "The repository, or what lies in it; default: the current "
                  "directory")
      ->type_name("DIR");
  app->add_option("--limit", arguments->limit, "The first N questions; 0: all")
      ->capture_default_str();
  AddModelOptions(app, &arguments->model);
  AddCount(app, "--most,-n", &arguments->most, 100, "The most passages");
  AddCount(app, "--max-tokens", &arguments->max_tokens, kMaxTokens,
           "The most tokens of an answer");
  app->add_flag("--passages", arguments->passages,
                "The passages themselves, whatever model there is");
  AddJson(app, &arguments->json);
}

void AddEvalTextOptions(CLI::App* app, EvalTextArguments* arguments) {
  app->add_option("texts", arguments->texts,
                  "One JSON object a line: language, text; -: standard input")
      ->required()
      ->type_name("TEXTS.jsonl");
  app->add_option("--limit", arguments->limit, "The first N texts; 0: all")
      ->capture_default_str();
  app->add_option("--text-bytes", arguments->text_bytes,
                  "Only the first N bytes of each text")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxTextBytes));
  AddModelOptions(app, &arguments->model);
  AddJson(app, &arguments->json);
}

}  // namespace krait::daemon
