// SPDX-License-Identifier: Apache-2.0
#include "grammars/qualified_name.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace krait::grammars {
namespace {

std::string Split(std::string_view written) {
  const QualifiedName split = SplitFunctionName(written);
  return std::string(split.scope) + " " + std::string(split.name);
}

TEST(QualifiedNameTest, IsSplitIntoTheInnermostScopeAndTheName) {
  EXPECT_EQ(Split("f"), " f");
  EXPECT_EQ(Split("::f"), " f");
  EXPECT_EQ(Split("a::b::f"), "b f");
  EXPECT_EQ(Split("a.b.f"), "b f");
  EXPECT_EQ(Split("a.b:f"), "b f");
  EXPECT_EQ(Split("A<std::map<int, B>>::f"), "A f");
  EXPECT_EQ(Split("A::~A"), "A ~A");
  EXPECT_EQ(Split("größe::füge"), "größe füge");
}

TEST(QualifiedNameTest, WhatStandsBeforeItIsNoPartOfIt) {
  EXPECT_EQ(Split("std::string f"), " f");
  EXPECT_EQ(Split("std::map<a, b> A::f"), "A f");
  EXPECT_EQ(Split("std::string\n  A::f"), "A f");
  EXPECT_EQ(Split("char *f"), " f");
  EXPECT_EQ(Split("B &A::f"), "A f");
}

TEST(QualifiedNameTest, OperatorsStayWhole) {
  EXPECT_EQ(Split("A::operator<"), "A operator<");
  EXPECT_EQ(Split("operator bool() const"), " operator bool() const");
  EXPECT_EQ(Split("A<T>::operator std::string"), "A operator std::string");
  EXPECT_EQ(Split("A::operators::f"), "operators f");
  EXPECT_EQ(Split("A::my_operator"), "A my_operator");
}

TEST(QualifiedNameTest, WhatIsNoNameIsLeftAsItIs) {
  for (const std::string_view text : {"", "a::", ":", "<", ">::", "f(", ")"}) {
    const QualifiedName split = SplitFunctionName(text);
    EXPECT_LE(split.name.size(), text.size()) << text;
  }
  EXPECT_EQ(Split("a::"), " a::");
  EXPECT_EQ(Split("A<b::c"), " A<b::c");
}

}  // namespace
}  // namespace krait::grammars
