// SPDX-License-Identifier: Apache-2.0
#include "grammars/declaration_macros.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

namespace krait::grammars {
namespace {

std::string Without(std::string_view text, std::string_view path = "a.cc") {
  return *WithoutDeclarationMacros(*LanguageOfPath(path),
                                   std::make_shared<const std::string>(text));
}

TEST(DeclarationMacrosTest, BecomeBlanksOfTheSameLength) {
  EXPECT_EQ(Without("LIB_API void f();\n"), "        void f();\n");
  EXPECT_EQ(Without("LIB_API A::A() {}"), "        A::A() {}");
  EXPECT_EQ(Without("\tLIB_API A<B> f();"), "\t        A<B> f();");
  EXPECT_EQ(Without("LIB_API char* f();"), "        char* f();");
  EXPECT_EQ(Without("LIB_API LIB_INLINE int f();"),
            "                   int f();");
  EXPECT_EQ(Without("static LIB_INLINE int f();"),
            "static            int f();");
  EXPECT_EQ(Without("class LIB_API Name {"), "class         Name {");
  EXPECT_EQ(Without("struct LIB_API a::B : C {"), "struct         a::B : C {");
  EXPECT_EQ(Without("int a;\r\nLIB_API int f();\r\n", "a.c"),
            "int a;\r\n        int f();\r\n");
}

TEST(DeclarationMacrosTest, WhatIsNoneStaysAsItIs) {
  for (const std::string_view text : {"",
                                      "\n",
                                      "T f();",
                                      "BOOL f();",
                                      "WIN32_DATA f();",
                                      "MAX_SIZE = 1;",
                                      "#define LIB_API int f",
                                      "#define A \\\n  LIB_API int f();",
                                      "#define A \\\r\n  LIB_API int f();\r\n",
                                      "class LIB_API",
                                      "class LIB_API;",
                                      "class Name final {",
                                      "LIB_API",
                                      "LIB_API\nint f();",
                                      "LIB_API 1 2",
                                      "return MAX_SIZE;",
                                      "  // LIB_API int f();",
                                      "Lib_API int f();",
                                      "class",
                                      "static"}) {
    EXPECT_EQ(Without(text), text);
  }
  EXPECT_EQ(Without("LIB_API int f", "a.py"), "LIB_API int f");
  const auto text = std::make_shared<const std::string>("int f();\n");
  EXPECT_EQ(WithoutDeclarationMacros(*LanguageOfPath("a.c"), text), text);
}

}  // namespace
}  // namespace krait::grammars
