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

TEST(LanguageTest, TableIsSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(Languages(), {}, &Language::name));
}

}  // namespace
}  // namespace krait::grammars
