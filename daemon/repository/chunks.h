// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNKS_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grammars/syntax_types.h"

namespace krait::repository {

// Lines of a file that stand together: a declaration with the comment above it,
// a section of a document, or a window where nothing better is known; a page or
// a cell, whose number stands for its lines (place_unit.h).
struct Chunk {
  size_t begin_line = 1;  // from 1
  size_t end_line = 1;    // the last one
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  grammars::SymbolKind kind = grammars::SymbolKind::kSection;
  std::string name = {};       // of the declaration, the heading; may be empty
  std::string container = {};  // name of what it is in; headings: all, "A / B"
  // What is said of it: the comment above, and the declaration but its body.
  std::string_view head = {};  // of the text

  bool operator==(const Chunk&) const = default;
};

// The most lines of a chunk, and of one that is a declaration.
inline constexpr size_t kWindowLines = 60;
inline constexpr size_t kDeclarationLines = 120;

// Returns what a file declares, in its order; nothing in a language without a
// grammar, in Markdown, and of a text that is too large or nested to be parsed.
// Thread-safe.
std::vector<grammars::Symbol> DeclarationsOf(
    std::string_view path, const std::shared_ptr<const std::string>& text);

// Cuts a file into chunks, which together are all of it but blank lines, and
// share no line; the views are of `text`. By its declarations, of which
// DeclarationsOf has returned all; by windows where there are none; Markdown by
// headings. Never fails. Thread-safe.
std::vector<Chunk> CutIntoChunks(
    std::string_view path, const std::string& text,
    const std::vector<grammars::Symbol>& declarations);

// Same, with the declarations that it has.
std::vector<Chunk> CutIntoChunks(
    std::string_view path, const std::shared_ptr<const std::string>& text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNKS_H_
