// SPDX-License-Identifier: Apache-2.0
//
// Every command's options are bound to its plain struct of arguments, and the
// command that was named is called. CLI11 is known here and in
// command_options.h only.
#include "daemon/commands/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "daemon/commands/bench.h"
#include "daemon/commands/bench_drafts.h"
#include "daemon/commands/bench_keystrokes.h"
#include "daemon/commands/bench_options.h"
#include "daemon/commands/bench_soak.h"
#include "daemon/commands/chat.h"
#include "daemon/commands/chat_options.h"
#include "daemon/commands/command_mistakes.h"
#include "daemon/commands/command_options.h"
#include "daemon/commands/complete.h"
#include "daemon/commands/config.h"
#include "daemon/commands/daemon.h"
#include "daemon/commands/debug.h"
#include "daemon/commands/debug_memory.h"
#include "daemon/commands/debug_passages.h"
#include "daemon/commands/doctor.h"
#include "daemon/commands/eval_ask.h"
#include "daemon/commands/eval_fim.h"
#include "daemon/commands/eval_options.h"
#include "daemon/commands/eval_retrieval.h"
#include "daemon/commands/eval_shown.h"
#include "daemon/commands/eval_text.h"
#include "daemon/commands/forget.h"
#include "daemon/commands/lsp.h"
#include "daemon/commands/model_command_line.h"
#include "daemon/commands/repository_command_line.h"
#include "daemon/commands/serve.h"
#include "daemon/commands/shell_completion.h"
#include "daemon/commands/show_log.h"
#include "daemon/commands/status.h"
#include "daemon/log.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"

namespace krait::daemon {
namespace {

// What runs once the command line has been parsed.
using Command = std::function<int()>;

void ReportProblems(const LoadedConfig& loaded) {
  for (const ConfigProblem& problem : loaded.problems) {
    WriteLog(LogLevel::kWarning, problem.message);
  }
}

// What a file can set, too.
void AddSettings(CLI::App* app, Config* config) {
  AddModelOptions(app, &config->model);
  AddStateBytes(app, &config->model);
  AddContext(app, &config->completion);
  AddExtent(app, &config->completion);
  AddConfidence(app, &config->completion);
  AddSampling(app, &config->completion.sampling);
}

class CommandLine {
 public:
  CommandLine();
  int Run(int argc, char** argv);

 private:
  void AddComplete();
  void AddChat();
  void AddLsp();
  void AddDaemon();
  void AddServe();
  void AddStatus();
  void AddConfigCommand();
  void AddLog();
  void AddShellCompletion();
  void AddForget();
  void AddModel();
  void AddRepository();
  void AddDoctor();
  void AddEval();
  void AddBench();
  void AddBenchDrafts(CLI::App* group);
  void AddBenchKeystrokes(CLI::App* group);
  void AddBenchSoak(CLI::App* group);
  void AddDebug();
  void AddDebugMemory(CLI::App* group);

  // Adds a command whose arguments live as long as this object.
  template <class Arguments>
  CLI::App* Add(CLI::App* parent, const std::string& name,
                const std::string& description, Arguments* arguments,
                int (*run)(const Arguments&)) {
    CLI::App* app = parent->add_subcommand(name, description);
    app->callback([this, arguments, run] {
      command_ = [arguments, run] { return run(*arguments); };
    });
    return app;
  }

  static CLI::App* AddGroup(CLI::App* parent, const std::string& name,
                            const std::string& description) {
    CLI::App* app = parent->add_subcommand(name, description);
    app->require_subcommand(1);
    return app;
  }

  // Lets settings of a file take the place of the defaults of options.
  void AddConfig(CLI::App* app, std::filesystem::path* file,
                 LoadedConfig* loaded);
  // The same with the user's file.
  void AddUserConfig(CLI::App* app, ModelOptions* model,
                     completion::CompletionOptions* completion,
                     completion::CompletionRules* rules);
  // Only which model to take and its threads: for measuring.
  void AddUserModel(CLI::App* app, ModelOptions* model);

  CLI::App app_;
  Command command_;
  std::function<void()> configure_;
  CompleteArguments complete_;
  ChatArguments chat_;
  LspArguments lsp_;
  DaemonArguments daemon_;
  ServeArguments serve_;
  StatusArguments status_;
  StopArguments stop_;
  ConfigArguments config_;
  ShowLogArguments log_;
  ForgetArguments forget_;
  ModelCommandLine model_;
  RepositoryCommandLine repository_;
  DoctorArguments doctor_;
  EvalFimArguments eval_fim_;
  EvalShownArguments eval_shown_;
  EvalTextArguments eval_text_;
  EvalRetrievalArguments eval_retrieval_;
  EvalAskArguments eval_ask_;
  BenchArguments decode_;
  BenchArguments prefill_;
  BenchKeystrokesArguments keystrokes_;
  BenchDraftsArguments drafts_;
  BenchSoakArguments soak_;
  DebugTokensArguments tokens_;
  DebugLogitsArguments logits_;
  DebugGenerateArguments generate_;
  DebugMemoryArguments memory_;
  DebugPassagesArguments passages_;
  bool accepted_ = false;  // flags without an effect
};

CommandLine::CommandLine()
    : app_("krait: local code completion that keeps the model's state warm",
           "krait") {
  app_.set_version_flag("--version,-V", "krait " KRAIT_VERSION);
  app_.require_subcommand(1);
  app_.set_help_all_flag("--help-all", "Help of all commands");
  AddComplete();
  AddChat();
  AddLsp();
  AddDaemon();
  AddServe();
  AddStatus();
  AddConfigCommand();
  AddLog();
  AddForget();
  AddModel();
  AddRepository();
  AddDoctor();
  AddEval();
  AddBench();
  AddDebug();
  AddShellCompletion();
}

void CommandLine::AddComplete() {
  CLI::App* app = Add(&app_, "complete", "Complete at a place in a file",
                      &complete_, RunComplete);
  app->add_option("place", complete_.place,
                  "Line from 1, column in bytes from 1")
      ->required()
      ->type_name("FILE:LINE:COL");
  AddModelOptions(app, &complete_.model);
  AddContext(app, &complete_.completion);
  AddExtent(app, &complete_.completion);
  AddConfidence(app, &complete_.completion);
  app->add_flag("--automatic", complete_.automatic,
                "As while typing: only what the model is sure of. Without it, "
                "as an editor that is asked by hand");
  AddHealing(app, &complete_.completion);
  AddFileMemory(app, &complete_.completion);
  AddSampling(app, &complete_.completion.sampling);
  AddUserConfig(app, &complete_.model, &complete_.completion, &complete_.rules);
  AddJson(app, &complete_.json);
}

void CommandLine::AddChat() {
  CLI::App* app = Add(&app_, "chat", "Talk with a model that was trained to",
                      &chat_, RunChat);
  AddModelOptions(app, &chat_.model);
  AddChatOptions(app, &chat_);
  AddUserConfig(app, &chat_.model, nullptr, &chat_.rules);
}

void CommandLine::AddLsp() {
  CLI::App* app = Add(&app_, "lsp", "Language server on standard input/output",
                      &lsp_, RunLsp);
  AddSettings(app, &lsp_.loaded.config);
  AddConfig(app, &lsp_.config_file, &lsp_.loaded);
  app->add_flag("--no-daemon", lsp_.no_daemon,
                "Run the model in this process instead of in the daemon that "
                "all editors share");
  app->add_flag("--stdio", accepted_, "Accepted: it is the only way");
}

void CommandLine::AddDaemon() {
  CLI::App* app = Add(&app_, "daemon",
                      "The process that all editors share, in the "
                      "foreground; `krait lsp` starts it by itself",
                      &daemon_, RunDaemon);
  Config* config = &daemon_.loaded.config;
  AddModelOptions(app, &config->model);
  AddStateBytes(app, &config->model);
  AddConfig(app, &daemon_.config_file, &daemon_.loaded);
  app->add_option("--log-file", daemon_.log_file,
                  "Write the log there, at most 1 MiB, instead of to standard "
                  "error")
      ->type_name("FILE");
}

void CommandLine::AddServe() {
  CLI::App* app = Add(&app_, "serve",
                      "Answers programs that speak HTTP as llama.cpp's "
                      "server, OpenAI, Mistral or Ollama do, until it is "
                      "stopped",
                      &serve_, RunServe);
  Config* config = &serve_.loaded.config;
  AddModelOptions(app, &config->model);
  AddStateBytes(app, &config->model);
  AddConfig(app, &serve_.config_file, &serve_.loaded);
  app->add_option("--listen", serve_.listen,
                  "Where; default: the setting http.listen, or 127.0.0.1:8012")
      ->type_name("HOST:PORT");
}

void CommandLine::AddStatus() {
  CLI::App* status =
      Add(&app_, "status", "What the daemon is and does", &status_, RunStatus);
  AddJson(status, &status_.json);
  CLI::Option* watch =
      status->add_flag("--watch,-w", status_.watch, "Again every second");
  status
      ->add_flag("--stats", status_.stats,
                 "What became of the suggestions: shown, accepted, typing "
                 "saved. Counted on this machine only")
      ->excludes(watch);
  status
      ->add_flag("--token", status_.token,
                 "The token by which other users' programs, and other "
                 "machines, may ask by HTTP")
      ->excludes(watch);
  Add(&app_, "stop", "Ends the daemon", &stop_, RunStop);
}

void CommandLine::AddConfigCommand() {
  CLI::App* app = Add(&app_, "config",
                      "All settings that `krait lsp` runs with, and where "
                      "each is from",
                      &config_, RunConfig);
  AddSettings(app, &config_.loaded.config);
  AddConfig(app, &config_.config_file, &config_.loaded);
  AddJson(app, &config_.json);
  app->callback([this, app] {
    config_.options.clear();
    for (const CLI::Option* option : app->get_options()) {
      if (option->count() == 0 || option->get_lnames().empty()) continue;
      config_.options.push_back(option->get_lnames().front());
    }
    command_ = [this] { return RunConfig(config_); };
  });
}

void CommandLine::AddLog() {
  CLI::App* app =
      Add(&app_, "log", "The log of a daemon that an editor started", &log_,
          RunShowLog);
  AddCount(app, "--lines,-n", &log_.lines, kMaxLines, "The last N lines");
  app->add_flag("--follow,-f", log_.follow, "Go on with what is written");
}

void CommandLine::AddShellCompletion() {
  CLI::App* group =
      AddGroup(&app_, "completion", "Scripts by which a shell completes krait");
  group->group("");  // for whoever installs krait
  using Script = std::string (*)(const CLI::App&);
  for (const auto& [shell, script] :
       {std::pair<const char*, Script>("bash", BashCompletion),
        std::pair<const char*, Script>("fish", FishCompletion),
        std::pair<const char*, Script>("zsh", ZshCompletion)}) {
    const Script print = script;
    group->add_subcommand(shell, "For this shell")->callback([this, print] {
      command_ = [this, print] {
        Print(print(app_));
        return FinishOutput(kExitOk);
      };
    });
  }
}

void CommandLine::AddForget() {
  CLI::App* app = Add(&app_, "forget", "Delete what krait has saved of files",
                      &forget_, RunForget);
  CLI::Option* directory =
      app->add_option("directory", forget_.directory,
                      "Saved states of all files in it; default: the current "
                      "directory")
          ->type_name("DIR");
  app->add_flag("--all", forget_.all,
                "All saved states, statistics and logs; settings and models "
                "stay")
      ->excludes(directory);
  AddConfig(app, &forget_.config_file, &forget_.loaded);
  AddJson(app, &forget_.json);
}

void CommandLine::AddConfig(CLI::App* app, std::filesystem::path* file,
                            LoadedConfig* loaded) {
  app->add_option("--config", *file,
                  "Settings; default: ~/.config/krait/config.toml")
      ->type_name("FILE");
  app->parse_complete_callback([this, file, loaded] {
    configure_ = [file, loaded] { *loaded = LoadConfig(*file); };
  });
}

void CommandLine::AddUserConfig(CLI::App* app, ModelOptions* model,
                                completion::CompletionOptions* completion,
                                completion::CompletionRules* rules) {
  app->parse_complete_callback([this, model, completion, rules] {
    configure_ = [model, completion, rules] {
      const LoadedConfig loaded = LoadConfig({});
      ReportProblems(loaded);
      if (model != nullptr) *model = loaded.config.model;
      if (completion != nullptr) *completion = loaded.config.completion;
      if (rules != nullptr) *rules = loaded.config.rules;
    };
  });
}

void CommandLine::AddUserModel(CLI::App* app, ModelOptions* model) {
  app->parse_complete_callback([this, model] {
    configure_ = [model] {
      const LoadedConfig loaded = LoadConfig({});
      ReportProblems(loaded);
      model->model = loaded.config.model.model;
      model->model_origin = loaded.config.model.model_origin;
      model->fim = loaded.config.model.fim;
      model->mixing = loaded.config.model.mixing;
      model->threads = loaded.config.model.threads;
      model->allow_large = loaded.config.model.allow_large;
      model->gpu = loaded.config.model.gpu;
    };
  });
}

void CommandLine::AddModel() {
  model_.AddTo(
      &app_, {.run = [this](Command command) { command_ = std::move(command); },
              .add_user_model =
                  [this](CLI::App* app, ModelOptions* model) {
                    AddUserModel(app, model);
                  }});
}

void CommandLine::AddRepository() {
  repository_.AddTo(
      &app_, {.run = [this](Command command) { command_ = std::move(command); },
              .add_user_rules =
                  [this](CLI::App* app, completion::CompletionRules* rules) {
                    AddUserConfig(app, nullptr, nullptr, rules);
                  },
              .add_user_model =
                  [this](CLI::App* app, ModelOptions* model,
                         completion::CompletionRules* rules) {
                    AddUserConfig(app, model, nullptr, rules);
                  }});
}

void CommandLine::AddDoctor() {
  CLI::App* app = Add(&app_, "doctor", "Check this machine and the model",
                      &doctor_, RunDoctor);
  AddModelOptions(app, &doctor_.model);
  app->parse_complete_callback([this] {
    configure_ = [this] {  // whose problems it lists itself
      const LoadedConfig loaded = LoadConfig({});
      doctor_.model = loaded.config.model;
      doctor_.completion = loaded.config.completion;
      doctor_.remote = loaded.config.remote;
    };
  });
  AddJson(app, &doctor_.json);
}

void CommandLine::AddEval() {
  CLI::App* group = AddGroup(&app_, "eval", "Measure quality");
  CLI::App* text = Add(group, "text", "Bits per byte of text, by language",
                       &eval_text_, RunEvalText);
  AddEvalTextOptions(text, &eval_text_);
  AddUserModel(text, &eval_text_.model);
  CLI::App* shown = Add(group, "shown",
                        "How much of what is shown unasked is right, at random "
                        "places within lines",
                        &eval_shown_, RunEvalShown);
  AddEvalShownOptions(shown, &eval_shown_);
  CLI::App* fim =
      Add(group, "fim", "Fill-in-the-middle exercises", &eval_fim_, RunEvalFim);
  AddEvalFimOptions(fim, &eval_fim_);
  AddUserModel(fim, &eval_fim_.model);
  CLI::App* retrieval = Add(group, "retrieval",
                            "How well functions are found by what is said of "
                            "them",
                            &eval_retrieval_, RunEvalRetrieval);
  AddEvalRetrievalOptions(retrieval, &eval_retrieval_);
  AddUserConfig(retrieval, nullptr, nullptr, &eval_retrieval_.rules);
  CLI::App* ask =
      Add(group, "ask", "How good answers to questions about a repository are",
          &eval_ask_, RunEvalAsk);
  AddEvalAskOptions(ask, &eval_ask_);
  AddUserConfig(ask, &eval_ask_.model, nullptr, &eval_ask_.rules);
}

void CommandLine::AddBench() {
  prefill_.kind = BenchKind::kPrefill;
  CLI::App* group = AddGroup(&app_, "bench", "Measure speed");
  CLI::App* decode =
      Add(group, "decode", "Writing tokens one by one", &decode_, RunBench);
  CLI::App* prefill =
      Add(group, "prefill", "Reading a prompt", &prefill_, RunBench);
  for (const auto& [app, arguments] :
       {std::pair(decode, &decode_), std::pair(prefill, &prefill_)}) {
    AddModelOptions(app, &arguments->model);
    AddUserModel(app, &arguments->model);
    AddSpeedOptions(app, arguments);
  }
  AddCount(decode, "--sequences,-s", &decode_.sequences, 64, "Decoded at once");
  AddBenchDrafts(group);
  AddBenchKeystrokes(group);
  AddBenchSoak(group);
}

void CommandLine::AddBenchDrafts(CLI::App* group) {
  CLI::App* app =
      Add(group, "drafts", "What guessing tokens gains in a repetitive edit",
          &drafts_, RunBenchDrafts);
  AddModelOptions(app, &drafts_.model);
  AddUserModel(app, &drafts_.model);
  AddDraftsOptions(app, &drafts_);
}

void CommandLine::AddBenchKeystrokes(CLI::App* group) {
  CLI::App* app =
      Add(group, "keystrokes", "What each keystroke of a session costs",
          &keystrokes_, RunBenchKeystrokes);
  AddModelOptions(app, &keystrokes_.model);
  AddUserModel(app, &keystrokes_.model);
  AddKeystrokesOptions(app, &keystrokes_);
}

void CommandLine::AddBenchSoak(CLI::App* group) {
  CLI::App* app =
      Add(group, "soak", "Memory over many keystrokes in many files", &soak_,
          RunBenchSoak);
  AddModelOptions(app, &soak_.model);
  AddUserModel(app, &soak_.model);
  AddSoakOptions(app, &soak_);
}

void CommandLine::AddDebug() {
  CLI::App* group = AddGroup(&app_, "debug", "Look inside a model");
  CLI::App* tokens =
      Add(group, "tokens", "Standard input to token ids, or back", &tokens_,
          RunDebugTokens);
  AddModelName(tokens, &tokens_.model.model);
  AddUserModel(tokens, &tokens_.model);
  tokens
      ->add_option("--tokenizer", tokens_.tokenizer,
                   "A tokenizer.model, tokenizer.json or tekken.json")
      ->type_name("FILE")
      ->excludes("--model");
  CLI::Option* decode = tokens->add_flag(
      "--decode", tokens_.decode,
      "Token ids (plain or {\"ids\": [...]}) to the bytes they stand for");
  tokens
      ->add_option("--fim", tokens_.fim,
                   "The ids of a fill-in-the-middle prompt of two files")
      ->expected(2)
      ->type_name("PREFIX SUFFIX")
      ->excludes(decode);

  CLI::App* logits = Add(group, "logits", "The logits after each token",
                         &logits_, RunDebugLogits);
  AddModelOptions(logits, &logits_.model);
  AddUserModel(logits, &logits_.model);
  logits->add_option("--ids", logits_.ids, "Token ids, such as 1,2,3")
      ->required();
  logits
      ->add_option("--out", logits_.out,
                   "Where to write float32 [tokens, vocab] as .npy")
      ->required()
      ->type_name("F.npy");
  logits
      ->add_option("--state-out", logits_.state_out,
                   "Where to write the state after the last token, one .npy "
                   "for each part")
      ->type_name("DIR");

  CLI::App* generate =
      Add(group, "generate", "Greedy continuation of token ids", &generate_,
          RunDebugGenerate);
  AddModelOptions(generate, &generate_.model);
  AddUserModel(generate, &generate_.model);
  generate->add_option("--ids", generate_.ids, "Token ids, such as 1,2,3")
      ->required();
  generate->add_option("--tokens,-n", generate_.tokens, "How many")
      ->check(CLI::Range(size_t{1}, kMaxTokens))
      ->capture_default_str();
  AddDebugMemory(group);
  Add(group, "passages", "What the vectors of `krait search` are learned from",
      &passages_, RunDebugPassages)
      ->add_option("directory", passages_.directory, "A folder with code")
      ->required()
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
}

void CommandLine::AddDebugMemory(CLI::App* group) {
  CLI::App* memory =
      Add(group, "memory",
          "What the weights of the memory of open files are fitted to",
          &memory_, RunDebugMemory);
  memory->add_option("cases", memory_.cases, "As of `krait eval fim`")
      ->required()
      ->type_name("CASES.jsonl");
  memory->add_option("--limit", memory_.limit, "The first N cases; 0: all");
  memory->add_option("--open-files", memory_.open_files,
                     "So many other files of the cases are open, too: the "
                     "nearest ones");
  memory
      ->add_option("--repo", memory_.repository,
                   "The repository of the cases, of whose files it is, too")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  AddModelOptions(memory, &memory_.model);
}

int CommandLine::Run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
    if (configure_) {
      // Which file it is stands on the command line, whose other options come
      // before the file's: so they are read once more, over it.
      configure_();
      app_.parse(argc, argv);
    }
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      return FinishOutput(app_.exit(error));
    }
    PrintError(ExplainMistake(app_, error));
    PrintError("`krait --help` and `krait COMMAND --help` say what there is");
    return kExitUser;
  }
  return command_();
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  try {
    return CommandLine().Run(argc, argv);
  } catch (const std::exception& error) {
    PrintError(fmt::format("unexpected: {}", error.what()));
    return kExitInternal;
  }
}

}  // namespace krait::daemon
