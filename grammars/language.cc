// SPDX-License-Identifier: Apache-2.0
#include "grammars/language.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

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
  if (const Language* language = LanguageOfPath(path)) return language;
  if (!text.starts_with("#!")) return nullptr;
  const std::string_view line = text.substr(2, text.find('\n') - 2);
  struct Interpreter {
    std::string_view program;
    std::string_view language;
  };
  constexpr std::array<Interpreter, 10> kInterpreters = {{
      {"sh", "shell"},
      {"bash", "shell"},
      {"dash", "shell"},
      {"ksh", "shell"},
      {"zsh", "shell"},
      {"python", "python"},
      {"node", "javascript"},
      {"lua", "lua"},
      {"php", "php"},
      {"ruby", "ruby"},
  }};
  // The program is the last word's last name that is no option, without the
  // version behind it.
  for (size_t begin = 0; begin < line.size();) {
    const size_t end =
        std::min(line.find_first_of(" \t\r", begin), line.size());
    std::string_view word = line.substr(begin, end - begin);
    begin = end + 1;
    word.remove_prefix(word.rfind('/') + 1);
    word = word.substr(0, word.find_last_not_of("0123456789.") + 1);
    for (const auto& [program, language] : kInterpreters) {
      if (word != program) continue;
      return std::ranges::find(kLanguages, language, &Language::name);
    }
  }
  return nullptr;
}

const Language* LanguageOfLspId(std::string_view lsp_id) {
  for (const LspAlias& alias : kLspAliases) {
    if (alias.lsp_id != lsp_id) continue;
    const auto* found =
        std::ranges::find(kLanguages, alias.name, &Language::name);
    return found;
  }
  for (const Language& language : kLanguages) {
    if (language.lsp_id == lsp_id) return &language;
  }
  return nullptr;
}

}  // namespace krait::grammars
