// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/test_files.h"

#include <gtest/gtest.h>

namespace krait::repository {
namespace {

TEST(TestFilesTest, AreKnownByFolderOrName) {
  for (const char* const path :
       {"tests/a.cc", "src/test/java/A.java", "a/__tests__/b.ts",
        "examples/x/main.c", "pkg/parse_test.go", "src/a.test.ts", "test_a.py",
        "src/StringUtilsTest.java", "samples/a.c", "a/demo/b.py"}) {
    EXPECT_TRUE(IsOfTests(path)) << path;
  }
  for (const char* const path :
       {"", "a.cc", "src/latest/a.cc", "contest.py", "src/testing.cc",
        "attestation/key.go", "src/Test/", "lib/spec.rb"}) {
    EXPECT_FALSE(IsOfTests(path)) << path;
  }
}

TEST(TestFilesTest, DocumentationIsKnownByItsFolder) {
  EXPECT_TRUE(IsOfDocumentation("docs/code/main.c"));
  EXPECT_TRUE(IsOfDocumentation("doc/b.py"));
  for (const char* const path : {"", "docs", "docs.c", "src/docs.c", "adoc/a.c",
                                 "src/go/doc/headscan.go"}) {
    EXPECT_FALSE(IsOfDocumentation(path)) << path;
  }
}

}  // namespace
}  // namespace krait::repository
