// SPDX-License-Identifier: Apache-2.0
#include "engine/file/python_json.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::engine {
namespace {

TEST(PythonJsonTest, NumbersThatJsonOrItsReaderDoesNotKnow) {
  EXPECT_EQ(StrictJsonOfPython("[NaN, -Infinity,Infinity]"),
            R"(["NaN", "-Infinity","Infinity"])");
  EXPECT_EQ(StrictJsonOfPython("[1000000000000000019884624838656]"),
            "[1000000000000000019884624838656e0]");
  EXPECT_EQ(StrictJsonOfPython("[-9223372036854775809]"),
            "[-9223372036854775809e0]");
  EXPECT_EQ(StrictJsonOfPython("[1e400,-1e400,1e-400]"),
            R"(["Infinity","-Infinity",1e-400])");
  EXPECT_EQ(StrictJsonOfPython("1" + std::string(400, '0')), "\"Infinity\"");
}

TEST(PythonJsonTest, WhatIsJsonStays) {
  for (const char* text :
       {"{\"a\": [0, -1, 1.5, 1e5, 18446744073709551615, true, null]}",
        R"({"NaN": "Infinity \" NaN \\", "b": "\n\u00e9\ud83d\ude00"})", "",
        "\"", "\"\\", "\"\\u", "[1.2.3, --5, -]", "{'a': 1}"}) {
    EXPECT_EQ(StrictJsonOfPython(text), text);
  }
}

TEST(PythonJsonTest, HalfASurrogatePairBecomesTheReplacementCharacter) {
  EXPECT_EQ(StrictJsonOfPython(R"("\ud83d")"), R"("\uFFFD")");
  EXPECT_EQ(StrictJsonOfPython(R"("\ude00\ud83d\u0041")"),
            R"("\uFFFD\uFFFD\u0041")");
  EXPECT_EQ(StrictJsonOfPython(R"("\\ud83d")"), R"("\\ud83d")");
}

}  // namespace
}  // namespace krait::engine
