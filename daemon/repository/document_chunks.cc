// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/document_chunks.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "daemon/repository/markdown_chunks.h"

namespace krait::repository {
namespace {

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == text.npos;
}

// Gives the chunk what the first of these has that has a name; their views are
// of `said`, which is the chunk's text.
void NameByFirst(const std::vector<Chunk>& inner, std::string_view said,
                 const Document& document, Chunk* chunk) {
  const auto named = std::ranges::find_if(
      inner, [](const Chunk& one) { return !one.name.empty(); });
  if (named == inner.end()) return;
  chunk->kind = named->kind;
  chunk->name = named->name;
  if (named->head.empty()) return;
  const auto ofs = static_cast<size_t>(named->head.data() - said.data());
  chunk->head = std::string_view(document.text)
                    .substr(chunk->begin_ofs + ofs, named->head.size());
}

void NameByDeclaration(const Document& document, Chunk* chunk) {
  if (document.language == nullptr) return;
  const std::string path =
      "cell." + std::string(document.language->extensions.front());
  const auto said = std::make_shared<const std::string>(document.text.substr(
      chunk->begin_ofs, chunk->end_ofs - chunk->begin_ofs));
  NameByFirst(CutIntoChunks(path, said), *said, document, chunk);
}

}  // namespace

std::vector<Chunk> CutDocument(const Document& document) {
  std::vector<Chunk> chunks;
  std::string heading;
  for (const DocumentPart& part : document.parts) {
    const std::string_view said = document.TextOf(part);
    if (IsBlank(said)) continue;
    Chunk chunk{.begin_line = part.number,
                .end_line = part.number,
                .begin_ofs = part.begin_ofs,
                .end_ofs = part.end_ofs};
    if (part.kind == DocumentPart::Kind::kCode) {
      NameByDeclaration(document, &chunk);
      chunk.container = heading;
    }
    if (part.kind == DocumentPart::Kind::kMarkdown) {
      const std::vector<Chunk> sections = CutMarkdown(said);
      NameByFirst(sections, said, document, &chunk);
      if (chunk.name.empty()) chunk.container = heading;
      if (!sections.empty() && !sections.back().name.empty()) {
        heading = sections.back().name;
      }
    }
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

}  // namespace krait::repository
