// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/notebook.h"

#include <optional>
#include <string>
#include <vector>

#include "base/json_value.h"

namespace krait::repository {
namespace {

using base::JsonValue;
using base::ObjectReader;

// A text, or its lines, each with its newline.
struct Source {
  std::string text;
};

base::Status FromJson(const JsonValue& json, Source* out) {
  if (!json.IsMissing() && json.element().is_array()) {
    std::vector<std::string> lines;
    if (auto read = base::FromJson(json, &lines); !read) return read;
    for (const std::string& line : lines) out->text += line;
    return {};
  }
  return base::FromJson(json, &out->text);
}

struct Cell {
  std::string type;
  Source source;
};

base::Status FromJson(const JsonValue& json, Cell* out) {
  return ObjectReader(json)
      .Require("cell_type", &out->type)
      .Optional("source", &out->source)
      .Optional("input", &out->source)  // of code in nbformat 3
      .status();
}

struct Worksheet {
  std::vector<Cell> cells;
};

base::Status FromJson(const JsonValue& json, Worksheet* out) {
  return ObjectReader(json).Optional("cells", &out->cells).status();
}

// What a notebook says of its language, in three places.
struct Kernel {
  std::string extension;  // with its dot
  std::string name;

  const grammars::Language* Language() const {
    const auto* language = grammars::LanguageOfPath("cell" + extension);
    if (language == nullptr) language = grammars::LanguageOfLspId(name);
    const bool says = !extension.empty() || !name.empty();
    return language != nullptr || says ? language
                                       : grammars::LanguageOfLspId("python");
  }
};

base::Status ReadKernel(const JsonValue& json, Kernel* out) {
  return ObjectReader(json)
      .OptionalObject(
          "metadata",
          [out](ObjectReader& metadata) {
            metadata.OptionalObject("kernelspec", [out](ObjectReader& kernel) {
              kernel.Optional("language", &out->name);
            });
            metadata.OptionalObject("language_info", [out](ObjectReader& info) {
              info.Optional("name", &out->name)
                  .Optional("file_extension", &out->extension);
            });
          })
      .status();
}

DocumentPart::Kind KindOf(const std::string& type) {
  if (type == "code") return DocumentPart::Kind::kCode;
  const bool marked = type == "markdown" || type == "heading";
  return marked ? DocumentPart::Kind::kMarkdown : DocumentPart::Kind::kProse;
}

}  // namespace

base::Result<Document> ReadNotebook(std::string_view json) {
  const auto parsed = base::JsonDocument::Parse(json);
  if (!parsed) return base::InText("notebook", parsed.error());
  Worksheet all;
  std::vector<Worksheet> sheets;
  const base::Status read = ObjectReader(parsed->root())
                                .Optional("cells", &all.cells)
                                .Optional("worksheets", &sheets)
                                .status();
  if (!read) return base::InText("notebook", read.error());
  // A notebook whose kernel cannot be read has cells all the same.
  Kernel kernel;
  if (!ReadKernel(parsed->root(), &kernel)) kernel = {};
  Document document{.text = {}, .parts = {}, .language = kernel.Language()};
  size_t number = 0;
  sheets.insert(sheets.begin(), std::move(all));
  for (const Worksheet& sheet : sheets) {
    for (const Cell& cell : sheet.cells) {
      ++number;
      const bool heading = cell.type == "heading";
      document.Add(number, KindOf(cell.type),
                   heading ? "# " + cell.source.text : cell.source.text);
    }
  }
  return document;
}

}  // namespace krait::repository
