// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/language_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace krait::completion {
namespace {

using std::string_view;

// LSP ids of text for people, as editors name it.
constexpr auto kProse = std::to_array<string_view>(
    {"asciidoc",  "bibtex",    "diff",      "git-commit", "git-rebase",
     "gitcommit", "gitrebase", "help",      "jj-commit",  "jjdescription",
     "latex",     "log",       "mail",      "markdown",   "mdx",
     "org",       "plaintex",  "plaintext", "quarto",     "restructuredtext",
     "rst",       "tex",       "text"});

// LSP ids of what is written for machines, beside those of grammars::Languages:
// the protocol's list, and what its editors added.
constexpr string_view kMachineLanguages =
    " "
    "abap ada apex arduino asm astro awk bat beancount bicep c3 cairo "
    "clojure cmake cobol coffeescript crystal cuda d dart dhall "
    "dockercompose dockerfile dotenv elixir elm erlang fennel fish "
    "fortran fsharp gdscript gitignore gleam glsl go.mod gomod gowork "
    "gradle graphql groovy haml handlebars haskell haxe hcl helm hlsl "
    "ini jade jinja jsonl jsonnet julia just kotlin less liquid lisp "
    "make makefile matlab meson mojo nasm nginx nim nix objc objcpp "
    "objective-c objective-cpp ocaml odin openscad pascal perl perl6 "
    "powershell prisma prolog properties proto proto3 pug purescript r "
    "racket raku razor reason rescript sass scala scheme solidity "
    "starlark stylus svelte swift systemverilog tcl terraform thrift "
    "toml typst v vala vb verilog vhdl vim viml vue wgsl xml xsl zig ";

bool IsMachineLanguage(string_view id) {
  if (id.empty() || id.find(' ') != string_view::npos) return false;
  return kMachineLanguages.find(fmt::format(" {} ", id)) != string_view::npos;
}

bool Contains(const auto& names, string_view name) {
  return std::ranges::find(names, name) != std::ranges::end(names);
}

}  // namespace

string_view NameForModels(const grammars::Language* language) {
  if (language == nullptr) return {};
  // Who knows the one knows the other.
  return language->name == "tsx" ? "typescript" : language->name;
}

std::string WhyLanguageIsOff(const std::map<std::string, bool>& settings,
                             const ModelLanguages& model,
                             string_view language_id) {
  const std::string shown = base::ToValidUtf8(language_id.substr(0, 64));
  auto set = settings.find(std::string(language_id));
  if (set == settings.end()) set = settings.find("*");
  if (set != settings.end()) {
    if (set->second) return {};
    return fmt::format("turned off for {} by completion.languages", shown);
  }
  constexpr string_view kTurnOn = "completion.languages turns it on";
  if (language_id.empty()) {
    return fmt::format("off for files of an unknown type: {}", kTurnOn);
  }
  if (Contains(kProse, language_id)) {
    return fmt::format("off for {}, which is no code: {}", shown, kTurnOn);
  }
  if (model) {
    const string_view name =
        NameForModels(grammars::LanguageOfLspId(language_id));
    if (Contains(*model, name.empty() ? language_id : name)) return {};
    return fmt::format("this model does not know {}: {}", shown, kTurnOn);
  }
  if (grammars::LanguageOfLspId(language_id) != nullptr ||
      IsMachineLanguage(language_id)) {
    return {};
  }
  return fmt::format("off for {}, an unknown type of file: {}", shown, kTurnOn);
}

}  // namespace krait::completion
