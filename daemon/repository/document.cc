// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/document.h"

#include "base/utf8.h"
#include "daemon/repository/notebook.h"
#include "daemon/repository/pdf_pages.h"
#include "daemon/repository/pdf_tool.h"
#include "daemon/repository/place_unit.h"

namespace krait::repository {
namespace {

base::Result<Document> ReadPdf(std::string_view bytes, PartRange range,
                               const std::stop_token& stop) {
  const auto text = PdfToText(bytes, range, stop);
  if (!text) return text.error();
  return SplitPages(*text, range.first);
}

base::Result<Document> ReadCells(std::string_view bytes, PartRange range) {
  auto notebook = ReadNotebook(bytes);
  if (!notebook) return notebook;
  Document some{.text = {}, .parts = {}, .language = notebook->language};
  for (const DocumentPart& part : notebook->parts) {
    if (part.number < range.first || part.number > range.last) continue;
    some.Add(part.number, part.kind, notebook->TextOf(part));
  }
  return some;
}

}  // namespace

void Document::Add(size_t number, DocumentPart::Kind kind,
                   std::string_view said) {
  const size_t begin = text.size();
  text += base::ToValidUtf8(said);
  if (!said.ends_with('\n')) text += '\n';
  parts.push_back({.number = number,
                   .kind = kind,
                   .begin_ofs = begin,
                   .end_ofs = text.size()});
}

bool IsDocument(std::string_view path) {
  return UnitOfPlaces(path) != PlaceUnit::kLine;
}

base::Result<Document> ReadDocument(std::string_view path,
                                    std::string_view bytes, PartRange range,
                                    const std::stop_token& stop) {
  auto document = UnitOfPlaces(path) == PlaceUnit::kPage
                      ? ReadPdf(bytes, range, stop)
                      : ReadCells(bytes, range);
  if (document) return document;
  base::Error error = document.error();
  error.message = std::string(path) + ": " + error.message;
  return error;
}

}  // namespace krait::repository
