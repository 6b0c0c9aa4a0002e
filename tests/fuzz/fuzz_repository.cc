// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of a repository, as its .gitignore and as words to search
// for: a file's chunks lose no line and share none, its terms are words, and a
// pattern that matches a path ignores nothing but what it says.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/code_terms.h"
#include "daemon/repository/chunk_terms.h"
#include "daemon/repository/chunks.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/ignore_rules.h"
#include "daemon/repository/import_paths.h"
#include "daemon/repository/outline.h"
#include "daemon/repository/text_lines.h"

namespace {

using namespace krait::repository;  // NOLINT: all of it is

void Check(bool holds) {
  if (!holds) std::abort();
}

void CutAll(std::string_view path, const std::string& text) {
  const auto shared = std::make_shared<const std::string>(text);
  const TextLines lines(*shared);
  size_t line = 0;
  for (const Chunk& chunk : CutIntoChunks(path, shared)) {
    Check(chunk.begin_line > line && chunk.begin_line <= chunk.end_line &&
          chunk.end_line <= lines.size());
    for (; line + 1 < chunk.begin_line; ++line) Check(lines.IsBlank(line));
    line = chunk.end_line;
    const ChunkTerms terms = TermsOfChunk(chunk, path, *shared);
    Check(terms.words.size() >= terms.count);
  }
  for (; line < lines.size(); ++line) Check(lines.IsBlank(line));
}

void OutlineAll(const std::string& text) {
  const auto shared = std::make_shared<const std::string>(text);
  const size_t lines = TextLines(text).size();
  for (const std::string_view path : {"a.cc", "a.py"}) {
    const Outline outline = OutlineOf(path, shared);
    Check(UnpackOutline(PackOutline(DeclarationsOf(path, shared), text),
                        text) == outline);
    for (size_t i = 0; i < outline.size(); ++i) {
      Check(outline[i].line >= 1 && outline[i].line <= lines);
      Check(outline[i].text.ends_with('\n') && !outline[i].name.empty());
      Check(outline[i].container == OutlineEntry::kNone ||
            outline[i].container < i);
    }
  }
}

// The first bytes as an outline of the others.
void Unpack(std::string_view bytes) {
  constexpr size_t kMostPacked = 100;
  const std::string_view packed = bytes.substr(0, kMostPacked);
  const std::string_view text = bytes.substr(packed.size());
  const Outline outline = UnpackOutline(packed, text);
  for (size_t i = 0; i < outline.size(); ++i) {
    Check(outline[i].container == OutlineEntry::kNone ||
          outline[i].container < i);
  }
}

constexpr size_t kMostOfPath = 200;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMost = 20'000;
  const std::string text(reinterpret_cast<const char*>(data),  // NOLINT
                         size < kMost ? size : kMost);
  for (const std::string_view path : {"a.cc", "a.py", "a.md", "a"}) {
    CutAll(path, text);
  }
  krait::base::ForEachTerm(text, [](std::string_view term, bool) {
    Check(!term.empty() && term.size() <= krait::base::kMaxTerm);
    Check(term.find_first_of(" \t\n\"\0") == std::string_view::npos);
  });
  (void)FileChoice().ByText("a.cc", text);
  OutlineAll(text);
  Unpack(text);
  ImportPaths files;
  for (const char* const path : {"src/a.cc", "src/b/__init__.py", "c/d.go"}) {
    files.Add(path);
  }
  files.Add(text.substr(0, kMostOfPath));
  const std::string_view module = std::string_view(text).substr(0, kMostOfPath);
  for (const std::string_view language : {"cpp", "python", "go", "rust", "x"}) {
    for (const std::string& path : files.Find(module, "src/a.cc", language)) {
      Check(path != "src/a.cc");
    }
  }
  IgnoreRules rules("/nowhere");
  rules.Enter("", text);
  for (const std::string_view path : {"a", "src/a.cc", "build/x/y.o"}) {
    const std::string_view why = rules.WhyIgnored(path, false);
    Check(why.empty() || text.find(why) != std::string::npos);
  }
  return 0;
}
