// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/import_statements.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "daemon/completion/text/words.h"
#include "daemon/repository/identifiers.h"
#include "daemon/repository/text_lines.h"
#include "grammars/language.h"
#include "grammars/parser.h"

namespace krait::repository {
namespace {

// Imports stand at a file's begin.
constexpr size_t kBytesOfImports = size_t{16} << 10;
constexpr grammars::ParserLimits kImportLimits{
    .max_bytes = kBytesOfImports, .timeout = std::chrono::milliseconds(50)};

// Whether a line looks like one that imports something, or goes on with it.
bool LooksLikeImport(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  for (const std::string_view begin :
       {"import", "from ", "#include", "# include", "use ", "pub use ", "mod ",
        "pub mod ", "using ", "require", "source ", ". ", "export ", "\""}) {
    if (!line.starts_with(begin)) continue;
    // `imports = 1` is none, nor is `from := 1`.
    const std::string_view rest = line.substr(begin.size());
    if (begin == "import") {
      return rest.empty() || !completion::IsWordByte(rest.front());
    }
    return begin != "from " ||
           !(rest.starts_with('=') || rest.starts_with(":="));
  }
  return line.find("require(") != line.npos;
}

}  // namespace

std::string_view ImportStatements(std::string_view text) {
  const TextLines lines(text.substr(0, kBytesOfImports));
  size_t last = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (LooksLikeImport(lines.Line(i))) last = i + 1;
  }
  if (last == 0) return {};
  while (last < lines.size() && !lines.IsBlank(last)) ++last;
  return lines.text().substr(0, lines.Begin(last));
}

std::vector<std::string> ReadImports(std::string_view path,
                                     std::string_view language,
                                     std::string_view statements) {
  std::vector<std::string> modules;
  const auto grammar = grammars::LanguageOfPath(path);
  if (grammar == nullptr) return modules;
  grammars::Parser parser(grammar, kImportLimits);
  const auto tree =
      parser.Parse(std::make_shared<const std::string>(statements));
  for (const grammars::Import& import : tree->Imports()) {
    const std::string_view statement =
        statements.substr(import.begin_ofs, import.end_ofs - import.begin_ofs);
    constexpr std::string_view kNames = " import ";
    const size_t names = statement.find(kNames);
    if (language == "python" && names != statement.npos) {
      ForEachIdentifier(
          statement.substr(names + kNames.size()), [&](std::string_view name) {
            modules.push_back(import.module + "." + std::string(name));
          });
    }
    modules.push_back(import.module);
  }
  return modules;
}

}  // namespace krait::repository
