// SPDX-License-Identifier: Apache-2.0
#include "grammars/language.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(LanguageTest, TableIsSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(Languages(), {}, &Language::name));
}

}  // namespace
}  // namespace krait::grammars
