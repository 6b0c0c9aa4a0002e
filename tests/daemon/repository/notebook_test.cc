// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/notebook.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/repository/document_chunks.h"

namespace krait::repository {
namespace {

constexpr const char* kNotebook = R"({
 "cells": [
  {"cell_type": "markdown", "source": ["# Sales\n", "By month."]},
  {"cell_type": "code", "source": "   \n", "outputs": []},
  {"cell_type": "code", "execution_count": 4, "source": [
    "# Reads what was sold.\n", "def read_sales(path):\n",
    "    return open(path)\n"],
   "outputs": [{"output_type": "stream", "text": ["secret output"]}]},
  {"cell_type": "raw", "source": "raw text"}],
 "metadata": {"kernelspec": {"language": "R", "name": "ir"},
              "language_info": {"name": "python", "file_extension": ".py"}},
 "nbformat": 4})";

Document Read(const std::string& json) {
  auto document = ReadNotebook(json);
  EXPECT_TRUE(document) << document.error().message;
  return document ? *document : Document();
}

std::string LanguageOf(const std::string& metadata) {
  const Document document =
      Read(R"({"cells": [], "metadata": )" + metadata + "}");
  return document.language == nullptr ? ""
                                      : std::string(document.language->name);
}

TEST(NotebookTest, CellsAreCountedAndWhatTheyGaveIsLeftOut) {
  const Document document = Read(kNotebook);
  ASSERT_EQ(document.parts.size(), 4U);
  EXPECT_EQ(document.TextOf(document.parts[0]), "# Sales\nBy month.\n");
  EXPECT_EQ(document.parts[2].number, 3U);
  EXPECT_EQ(document.parts[2].kind, DocumentPart::Kind::kCode);
  EXPECT_EQ(document.parts[3].kind, DocumentPart::Kind::kProse);
  EXPECT_EQ(document.text.find("secret"), std::string::npos);
  ASSERT_NE(document.language, nullptr);
  EXPECT_EQ(document.language->name, "python");
}

TEST(NotebookTest, ACellIsAChunkWithItsDeclarationAndHeading) {
  const Document document = Read(kNotebook);
  const std::vector<Chunk> chunks = CutDocument(document);
  ASSERT_EQ(chunks.size(), 3U);  // not the blank one
  EXPECT_EQ(chunks[0].name, "Sales");
  EXPECT_EQ(chunks[1].begin_line, 3U);
  EXPECT_EQ(chunks[1].end_line, 3U);
  EXPECT_EQ(chunks[1].name, "read_sales");
  EXPECT_EQ(chunks[1].container, "Sales");
  EXPECT_EQ(chunks[1].kind, grammars::SymbolKind::kFunction);
  EXPECT_NE(chunks[1].head.find("Reads what was sold"), std::string::npos);
  EXPECT_EQ(chunks[1].head.find("return"), std::string::npos);
  EXPECT_EQ(chunks[2].begin_line, 4U);
}

TEST(NotebookTest, TheKernelSaysTheLanguage) {
  EXPECT_EQ(LanguageOf("{}"), "python");
  EXPECT_EQ(LanguageOf(R"({"kernelspec": {"language": "javascript"}})"),
            "javascript");
  EXPECT_EQ(LanguageOf(R"({"language_info": {"file_extension": ".rs"}})"),
            "rust");
  EXPECT_EQ(LanguageOf(R"({"kernelspec": {"language": "brainfog"}})"), "");
  EXPECT_EQ(LanguageOf("[1]"), "python");
}

TEST(NotebookTest, TheThirdFormatHasWorksheets) {
  const Document document = Read(R"({"worksheets": [{"cells": [
      {"cell_type": "heading", "level": 2, "source": ["Old"]},
      {"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}]})");
  ASSERT_EQ(document.parts.size(), 2U);
  EXPECT_EQ(document.TextOf(document.parts[1]), "x = 1\ny = 2\n");
  const std::vector<Chunk> chunks = CutDocument(document);
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[1].container, "Old");
}

TEST(NotebookTest, WhatIsNoneIsAnErrorThatSaysWhere) {
  const auto field =
      ReadNotebook(R"({"cells": [{"cell_type": "code", "source": [1]}]})");
  ASSERT_FALSE(field);
  EXPECT_EQ(
      field.error().message,
      "notebook: cells[0].source[0]: expected a string, got the number 1");
  EXPECT_FALSE(ReadNotebook("print(1)"));
  EXPECT_FALSE(ReadNotebook("12"));
}

}  // namespace
}  // namespace krait::repository
