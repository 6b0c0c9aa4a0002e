// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/debug_passages.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/completion/rules/completion_rules.h"
#include "daemon/repository/chunks.h"
#include "daemon/repository/document.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/read_file.h"
#include "daemon/repository/walk.h"
#include "daemon/terminal.h"
#include "daemon/tools/eval/retrieval_cases.h"

namespace krait::daemon {
namespace {

using repository::Chunk;
using repository::FileChoice;

void PrintPassage(std::string_view path, const Chunk& chunk,
                  std::string_view text,
                  const std::vector<RetrievalCase>& cases) {
  boost::json::object passage{
      {"path", base::JsonString(path)},
      {"name", base::JsonString(chunk.name)},
      {"container", base::JsonString(chunk.container)},
      {"function", chunk.kind == grammars::SymbolKind::kFunction ||
                       chunk.kind == grammars::SymbolKind::kMethod},
      {"text", base::JsonString(text.substr(chunk.begin_ofs,
                                            chunk.end_ofs - chunk.begin_ofs))}};
  const auto about = std::ranges::find_if(cases, [&](const RetrievalCase& one) {
    return one.name == chunk.name && one.begin_line <= chunk.end_line &&
           chunk.begin_line <= one.end_line;
  });
  if (about != cases.end()) {
    passage["comment"] = base::JsonString(about->comment);
  }
  PrintLine(base::JsonText(passage));
}

void PrintPassagesOf(const std::string& path, std::string read) {
  const auto cases = CasesOf(path, std::make_shared<const std::string>(read));
  const auto text = std::make_shared<const std::string>(
      WithoutComments(cases, std::move(read)));
  for (const Chunk& chunk : repository::CutIntoChunks(path, text)) {
    PrintPassage(path, chunk, *text, cases);
  }
}

}  // namespace

int RunDebugPassages(const DebugPassagesArguments& arguments) {
  const std::filesystem::path root = arguments.directory;
  // By no user's settings, so that it is the same for all.
  const FileChoice choice{completion::CompletionRules().files};
  const auto walked = repository::Walk(
      root, choice, {}, [&](const repository::FoundFile& file) {
        if (repository::IsDocument(file.path)) return true;
        auto text =
            repository::ReadFile(root / file.path, FileChoice::kMaxBytes);
        if (text && choice.ByText(file.path, *text).taken()) {
          PrintPassagesOf(file.path, std::move(*text));
        }
        return true;
      });
  if (!walked) return ReportError(walked.error());
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
