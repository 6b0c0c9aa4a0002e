// SPDX-License-Identifier: Apache-2.0
#include "grammars/language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace krait::grammars {
namespace {

std::string_view NameOfPath(std::string_view path) {
  const Language* language = LanguageOfPath(path);
  return language == nullptr ? "none" : language->name;
}

TEST(LanguageTest, IsKnownByExtension) {
  EXPECT_EQ(NameOfPath("a/b.PY"), "python");
  EXPECT_EQ(NameOfPath("x.tsx"), "tsx");
  EXPECT_EQ(NameOfPath("x.mts"), "typescript");
  EXPECT_EQ(NameOfPath("dir.py/x"), "none");
  EXPECT_EQ(NameOfPath(""), "none");
}

TEST(LanguageTest, IsKnownByLspId) {
  ASSERT_NE(LanguageOfLspId("typescriptreact"), nullptr);
  EXPECT_EQ(LanguageOfLspId("typescriptreact")->name, "tsx");
  ASSERT_NE(LanguageOfLspId("bash"), nullptr);
  EXPECT_EQ(LanguageOfLspId("bash")->name, "shell");
  EXPECT_EQ(LanguageOfLspId("klingon"), nullptr);
}

TEST(LanguageTest, IsKnownByItsFirstLine) {
  const auto name_of = [](std::string_view path, std::string_view text) {
    const Language* language = LanguageOfFile(path, text);
    return language == nullptr ? "none" : language->name;
  };
  EXPECT_EQ(name_of("bin/run", "#!/bin/sh\nset -e\n"), "shell");
  EXPECT_EQ(name_of("bin/run", "#!/usr/bin/env bash"), "shell");
  EXPECT_EQ(name_of("bin/run", "#! /usr/bin/env -S python3.11 -u\n"), "python");
  EXPECT_EQ(name_of("run.py", "#!/bin/sh\n"), "python");
  EXPECT_EQ(name_of("bin/run", "#!/usr/bin/awk -f\n"), "none");
  EXPECT_EQ(name_of("bin/run", "sh\n"), "none");
  EXPECT_EQ(name_of("bin/run", "#!"), "none");
}

TEST(LanguageTest, HeaderIsCppByWhatCDoesNotHave) {
  for (const std::string_view text :
       {"namespace a {\n", "#pragma once\n# include <vector>\n",
        "/* c */\r\nclass Name\r\n{\r\n", "class Name;", "class Name final {",
        "class API Name : public Base {", "  class Name final : Base {",
        "template <typename T>\n", "template<class T> int f(T t);",
        "struct A {\n public:\n  int x;\n};\n", "private :", "using B = int;",
        "#ifndef A_H\n#define A_H\n\nnamespace a::b {", "namespace {"}) {
    EXPECT_EQ(LanguageOfFile("a/b.h", text)->name, "cpp") << text;
    EXPECT_EQ(LanguageOfFile("a/b.H", text)->name, "cpp") << text;
    EXPECT_EQ(LanguageOfFile("b.c", text)->name, "c") << text;
  }
  for (const std::string_view text :
       {"", "\n", "#", "#include <stdio.h>\nint f(int class);\n",
        "#include \"vector\"\n", "#include <>", "#include <", "class",
        "/* A\nclass of objects, public: all. */", "class of objects\n",
        "public functions:\n", "int template;\n", "using what was read.\n",
        "namespace of the server\n",
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(void);\n"}) {
    EXPECT_EQ(LanguageOfFile("a/b.h", text)->name, "c") << text;
  }
}

TEST(LanguageTest, ReadsSoMuchOfAHeader) {
  const std::string long_comment(1 << 20, '*');
  EXPECT_EQ(LanguageOfFile("a.h", "namespace a {\n" + long_comment)->name,
            "cpp");
  EXPECT_EQ(LanguageOfFile("a.h", long_comment + "\nnamespace a {\n")->name,
            "c");
}

TEST(LanguageTest, TableIsSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(Languages(), {}, &Language::name));
}

}  // namespace
}  // namespace krait::grammars
