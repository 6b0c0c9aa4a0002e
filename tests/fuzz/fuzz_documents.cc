// SPDX-License-Identifier: Apache-2.0
// Any bytes as a notebook, as what pdftotext writes and as a place in one: the
// parts of a document follow each other, are all of its text, and each that is
// not blank is a chunk.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "daemon/repository/chunk_terms.h"
#include "daemon/repository/document_chunks.h"
#include "daemon/repository/notebook.h"
#include "daemon/repository/pdf_pages.h"
#include "daemon/repository/place_unit.h"

namespace {

using namespace krait::repository;  // NOLINT: all of it is

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckDocument(const Document& document) {
  Check(krait::base::IsUtf8(document.text));
  size_t at = 0;
  size_t number = 0;
  size_t said = 0;
  for (const DocumentPart& part : document.parts) {
    Check(part.number > number && part.begin_ofs == at && part.end_ofs > at);
    number = part.number;
    at = part.end_ofs;
    const std::string_view text = document.TextOf(part);
    Check(text.ends_with('\n'));
    if (text.find_first_not_of(" \t\r\n\f\v") != text.npos) ++said;
  }
  Check(at == document.text.size());
  const std::vector<Chunk> chunks = CutDocument(document);
  Check(chunks.size() == said);
  for (const Chunk& chunk : chunks) {
    Check(chunk.begin_line == chunk.end_line && chunk.begin_line <= number);
    (void)TermsOfChunk(chunk, "a.pdf", document.text);
  }
}

void CheckPlace(std::string_view text) {
  const auto place = ParsePlace(text);
  if (!place) return;
  const auto again =
      ParsePlace(PlaceText(place->path, place->begin, place->end));
  Check(again && again->path == place->path && again->begin == place->begin &&
        again->end == place->end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMost = 20'000;
  const std::string_view bytes(reinterpret_cast<const char*>(data),  // NOLINT
                               size < kMost ? size : kMost);
  const auto notebook = ReadNotebook(bytes);
  if (notebook) {
    CheckDocument(*notebook);
  } else {
    Check(!notebook.error().message.empty());
  }
  CheckDocument(SplitPages(bytes));
  CheckPlace(bytes.substr(0, 200));
  return 0;
}
