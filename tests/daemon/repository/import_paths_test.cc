// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/import_paths.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::repository {
namespace {

using Paths = std::vector<std::string>;

ImportPaths Files(const Paths& paths) {
  ImportPaths files;
  for (const std::string& path : paths) files.Add(path);
  return files;
}

TEST(ImportPathsTest, FindsAPythonModuleByItsDots) {
  const auto files =
      Files({"src/app/views.py", "src/app/models.py", "src/app/__init__.py",
             "tests/models.py", "docs/models.md"});
  const auto find = [&](std::string_view module) {
    return files.Find(module, "src/app/views.py", "python");
  };
  EXPECT_EQ(find("app.models"), Paths{"src/app/models.py"});
  EXPECT_EQ(find("app.models.User"), Paths{"src/app/models.py"});
  EXPECT_EQ(find("app"), Paths{"src/app/__init__.py"});
  // The nearer one of two.
  EXPECT_EQ(find(".models"), Paths{"src/app/models.py"});
  EXPECT_EQ(find("os"), Paths());
  EXPECT_EQ(find(""), Paths());
  EXPECT_EQ(find("..."), Paths());
}

TEST(ImportPathsTest, AnIncludeHasItsExtension) {
  const auto files = Files({"lib/parse.h", "lib/parse.cc", "src/vector.h"});
  const auto find = [&](std::string_view module) {
    return files.Find(module, "src/main.cc", "cpp");
  };
  EXPECT_EQ(find("lib/parse.h"), Paths{"lib/parse.h"});
  EXPECT_EQ(find("parse.h"), Paths{"lib/parse.h"});
  EXPECT_EQ(find("vector"), Paths());
  EXPECT_EQ(find("other/parse.h"), Paths());
}

TEST(ImportPathsTest, APathOfJavaScriptIsRelative) {
  const auto files =
      Files({"src/util/index.ts", "src/a.ts", "test/util/index.ts"});
  EXPECT_EQ(files.Find("./util", "src/b.ts", "typescript"),
            Paths{"src/util/index.ts"});
  EXPECT_EQ(files.Find("../src/a", "test/b.ts", "typescript"),
            Paths{"src/a.ts"});
  EXPECT_EQ(files.Find("../../../a", "test/b.ts", "typescript"), Paths());
}

TEST(ImportPathsTest, APackageOfGoIsAFolder) {
  const auto files = Files({"cmd/main.go", "store/disk.go", "store/store.go",
                            "store/store_test.go"});
  EXPECT_EQ(files.Find("example.com/x/store", "cmd/main.go", "go"),
            (Paths{"store/disk.go", "store/store.go"}));
  EXPECT_EQ(files.Find("fmt", "cmd/main.go", "go"), Paths());
}

TEST(ImportPathsTest, AUseOfRustIsInItsCrate) {
  const auto files =
      Files({"src/lib.rs", "src/grep/mod.rs", "src/grep/line.rs"});
  EXPECT_EQ(files.Find("crate::grep::line::Lines", "src/lib.rs", "rust"),
            Paths{"src/grep/line.rs"});
  EXPECT_EQ(files.Find("crate::grep::{line, Grep}", "src/lib.rs", "rust"),
            Paths{"src/grep/mod.rs"});
}

TEST(ImportPathsTest, AWordThatSeveralHaveIsNobodys) {
  const auto files = Files({"a/x/config.py", "b/x/config.py"});
  EXPECT_EQ(files.Find("config", "main.py", "python"), Paths());
}

}  // namespace
}  // namespace krait::repository
