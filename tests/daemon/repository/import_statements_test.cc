// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/import_statements.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::repository {
namespace {

TEST(ImportStatementsTest, EndBehindTheLastImport) {
  const std::string go =
      "package a\n\nimport (\n\t\"fmt\"\n\n\t\"os\"\n\tlog \"io/log\"\n)\n";
  EXPECT_EQ(ImportStatements(go + "\nfunc f() { }\n"), go);
  EXPECT_EQ(ImportStatements("x = 1\n"), "");
  EXPECT_EQ(ImportStatements("import a\nx = 1\n\ny = 2\n"),
            "import a\nx = 1\n");
}

// Or else half of a file is parsed.
TEST(ImportStatementsTest, AVariableOfThatNameIsNone) {
  const std::string head = "import \"a\"\n";
  for (const std::string line :
       {"imports := 1", "important()", "from := 1", "from = 1"}) {
    EXPECT_EQ(ImportStatements(head + "\n\t" + line + "\n"), head) << line;
  }
  for (const std::string line :
       {"import(\"b\")", "import {b} from 'b'", "import", "from b import c",
        "require_once 'b';", "var b = require('b')", "#include <b>"}) {
    const std::string text = head + "\n\t" + line + "\n";
    EXPECT_EQ(ImportStatements(text), text) << line;
  }
}

TEST(ImportStatementsTest, TellTheModulesInTheirOrder) {
  const std::string python = "import os\nfrom shop import cart, rebates\n";
  EXPECT_EQ(
      ReadImports("x.py", "python", python),
      (std::vector<std::string>{"os", "shop.cart", "shop.rebates", "shop"}));
}

}  // namespace
}  // namespace krait::repository
