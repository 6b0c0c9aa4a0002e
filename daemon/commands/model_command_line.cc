// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model_command_line.h"

#include <string>

#include "daemon/commands/command_options.h"
#include "daemon/models/digest.h"  // IsHex

namespace krait::daemon {
namespace {

template <class Arguments>
CLI::App* Add(CLI::App* parent, const std::string& name,
              const std::string& description, Arguments* arguments,
              int (*run)(const Arguments&),
              const ModelCommandLine::Hooks& hooks) {
  CLI::App* app = parent->add_subcommand(name, description);
  app->callback([arguments, run, tell = hooks.run] {
    tell([arguments, run] { return run(*arguments); });
  });
  return app;
}

std::string CheckSha256(const std::string& text) {
  constexpr size_t kDigits = 64;
  return models::IsHex(text, kDigits) ? std::string()
                                      : "expected 64 hex digits";
}

}  // namespace

void ModelCommandLine::AddTo(CLI::App* app, const Hooks& hooks) {
  CLI::App* group = app->add_subcommand("model", "What models there are");
  group->require_subcommand(1);
  AddShowing(group, hooks);
  AddGet(group, hooks);
  AddStore(group, hooks);
  AddSetup(app, hooks);
  CLI::App* quantize =
      Add(group, "quantize", "Write a GGUF model with smaller weights",
          &quantize_, RunModelQuantize, hooks);
  AddQuantizeOptions(quantize, &quantize_);
  AddJson(quantize, &quantize_.json);
}

void ModelCommandLine::AddShowing(CLI::App* group, const Hooks& hooks) {
  CLI::App* info =
      Add(group, "info", "What a model is", &model_, RunModelInfo, hooks);
  CLI::App* verify = Add(group, "verify", "Read and check all of a model",
                         &model_, RunModelVerify, hooks);
  for (CLI::App* app : {info, verify}) {
    app->add_option("model", model_.model.model,
                    "The path of a .gguf file or of a directory with "
                    "safetensors (it has a /), or a name; default: the one "
                    "that `krait lsp` runs")
        ->type_name("M")
        ->each([this](const std::string&) { model_.model.model_origin = ""; });
    hooks.add_user_model(app, &model_.model);
    AddJson(app, &model_.json);
  }
  CLI::App* list =
      Add(group, "list",
          "All models in krait's folders, and those of other programs", &list_,
          RunModelList, hooks);
  list->add_flag("--remote", list_.remote,
                 "The models that are worth getting, instead");
  hooks.add_user_model(list, &list_.model);
  AddJson(list, &list_.json);
}

void ModelCommandLine::AddGet(CLI::App* group, const Hooks& hooks) {
  CLI::App* get = Add(group, "get", "Fetch a model, unless it is here", &get_,
                      RunModelGet, hooks);
  get->add_option("source", get_.source,
                  "The name of a recommended model, hf:OWNER/REPO[:QUANT], "
                  "hf:OWNER/REPO/FILE, ollama:NAME[:TAG], or a URL")
      ->required()
      ->type_name("M");
  get->add_option("--sha256", get_.sha256,
                  "What the model's file is to be; else what the server says")
      ->check(CLI::Validator(
          [](const std::string& text) { return CheckSha256(text); }, "HEX"));
  get->add_flag("--offline", get_.offline, "Only find what is here");
  get->add_flag("--force", get_.force,
                "Also a model that does not fit into memory");
  get->add_flag("--print-urls", get_.print_urls,
                "Say from where, and fetch nothing: for a machine without a "
                "network");
  AddJson(get, &get_.json);
}

void ModelCommandLine::AddStore(CLI::App* group, const Hooks& hooks) {
  CLI::App* add = Add(group, "add", "Make a model known by a name, where it is",
                      &add_, RunModelAdd, hooks);
  add->add_option("path", add_.path, "A .gguf file, or a directory")
      ->required()
      ->type_name("PATH");
  add->add_option("--name", add_.name, "Default: the file's")
      ->type_name("NAME");
  add->add_flag("--force", add_.force,
                "Also a model that does not fit into memory");
  CLI::App* remove = Add(group, "remove",
                         "Delete a model from krait's folder or the hub's "
                         "cache",
                         &remove_, RunModelRemove, hooks);
  remove->add_option("model", remove_.model, "As `krait model list` names it")
      ->required()
      ->type_name("M");
}

void ModelCommandLine::AddSetup(CLI::App* app, const Hooks& hooks) {
  CLI::App* setup =
      Add(app, "setup", "Choose a model, fetch it and make it the default",
          &setup_, RunSetup, hooks);
  setup
      ->add_option("--model", setup_.model,
                   "The choice: as for `krait model get`, or a model that is "
                   "here")
      ->type_name("M");
  setup->add_flag("--yes,-y", setup_.yes, "Do not ask");
  hooks.add_user_model(setup, &setup_.current);
}

}  // namespace krait::daemon
