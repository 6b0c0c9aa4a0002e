// SPDX-License-Identifier: Apache-2.0
#include "grammars/language.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "grammars/language_clues.h"

namespace krait::grammars {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 2> kC = {"c", "h"};
constexpr std::array<Names, 7> kCpp = {"cc",  "cpp", "cxx", "hh",
                                       "hpp", "hxx", "inl"};
constexpr std::array<Names, 1> kCSharp = {"cs"};
constexpr std::array<Names, 2> kCss = {"css", "scss"};
constexpr std::array<Names, 1> kGo = {"go"};
constexpr std::array<Names, 2> kHtml = {"html", "htm"};
constexpr std::array<Names, 1> kJava = {"java"};
constexpr std::array<Names, 4> kJavaScript = {"js", "mjs", "cjs", "jsx"};
constexpr std::array<Names, 1> kJson = {"json"};
constexpr std::array<Names, 1> kLua = {"lua"};
constexpr std::array<Names, 2> kMarkdown = {"md", "markdown"};
constexpr std::array<Names, 1> kPhp = {"php"};
constexpr std::array<Names, 2> kPython = {"py", "pyi"};
constexpr std::array<Names, 1> kRuby = {"rb"};
constexpr std::array<Names, 1> kRust = {"rs"};
constexpr std::array<Names, 3> kShell = {"sh", "bash", "zsh"};
constexpr std::array<Names, 1> kSql = {"sql"};
constexpr std::array<Names, 1> kTsx = {"tsx"};
constexpr std::array<Names, 3> kTypeScript = {"ts", "mts", "cts"};
constexpr std::array<Names, 2> kYaml = {"yaml", "yml"};

constexpr std::array<Language, 20> kLanguages = {{
    {"c", "c", "//", kC},
    {"cpp", "cpp", "//", kCpp},
    {"csharp", "csharp", "//", kCSharp},
    {"css", "css", "", kCss},
    {"go", "go", "//", kGo},
    {"html", "html", "", kHtml},
    {"java", "java", "//", kJava},
    {"javascript", "javascript", "//", kJavaScript},
    {"json", "json", "", kJson},
    {"lua", "lua", "--", kLua},
    {"markdown", "markdown", "", kMarkdown},
    {"php", "php", "//", kPhp},
    {"python", "python", "#", kPython},
    {"ruby", "ruby", "#", kRuby},
    {"rust", "rust", "//", kRust},
    {"shell", "shellscript", "#", kShell},
    {"sql", "sql", "--", kSql},
    {"tsx", "typescriptreact", "//", kTsx},
    {"typescript", "typescript", "//", kTypeScript},
    {"yaml", "yaml", "#", kYaml},
}};

// LSP ids that editors use beside the one in the table.
struct LspAlias {
  std::string_view lsp_id;
  std::string_view name;
};
constexpr std::array<LspAlias, 7> kLspAliases = {{
    {"bash", "shell"},
    {"javascriptreact", "javascript"},
    {"jsonc", "json"},
    {"scss", "css"},
    {"sh", "shell"},
    {"zsh", "shell"},
    {"cuda-cpp", "cpp"},
}};

const Language* LanguageNamed(std::string_view name) {
  const auto* const found =
      std::ranges::find(kLanguages, name, &Language::name);
  return found == kLanguages.end() ? nullptr : found;
}

}  // namespace

std::span<const Language> Languages() {
  return kLanguages;
}

const Language* LanguageOfPath(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  const std::string_view file =
      slash == std::string_view::npos ? path : path.substr(slash + 1);
  const size_t dot = file.find_last_of('.');
  if (dot == std::string_view::npos) return nullptr;
  std::string extension(file.substr(dot + 1));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  for (const Language& language : kLanguages) {
    if (std::ranges::find(language.extensions, extension) !=
        language.extensions.end()) {
      return &language;
    }
  }
  return nullptr;
}

const Language* LanguageOfFile(std::string_view path, std::string_view text) {
  const Language* const language = LanguageOfPath(path);
  if (language == nullptr) return LanguageNamed(LanguageOfInterpreter(text));
  // Headers of both languages end in ".h".
  const bool is_header = path.ends_with(".h") || path.ends_with(".H");
  return is_header && HasCppLine(text) ? LanguageNamed("cpp") : language;
}

const Language* LanguageOfLspId(std::string_view lsp_id) {
  for (const LspAlias& alias : kLspAliases) {
    if (alias.lsp_id == lsp_id) return LanguageNamed(alias.name);
  }
  for (const Language& language : kLanguages) {
    if (language.lsp_id == lsp_id) return &language;
  }
  return nullptr;
}

}  // namespace krait::grammars
