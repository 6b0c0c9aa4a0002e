// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/test_files.h"

#include <set>

namespace krait::repository {
namespace {

using Names = std::set<std::string_view>;

bool LiesInOne(std::string_view path, const Names& folders) {
  size_t begin = 0;
  for (size_t end; (end = path.find('/', begin)) != path.npos;
       begin = end + 1) {
    if (folders.contains(path.substr(begin, end - begin))) return true;
  }
  return false;
}

}  // namespace

bool IsOfTests(std::string_view path) {
  static const Names folders = {
      "test",      "tests",    "testing", "testdata",  "spec",
      "__tests__", "examples", "example", "benchmark", "benchmarks",
      "bench",     "samples",  "sample",  "demo",      "demos"};
  const std::string_view file = path.substr(path.rfind('/') + 1);
  const std::string_view stem = file.substr(0, file.rfind('.'));
  return stem.starts_with("test_") || stem.ends_with("_test") ||
         stem.ends_with(".test") || stem.ends_with("_spec") ||
         stem.ends_with(".spec") || stem.ends_with("Test") ||
         stem.ends_with("Tests") || LiesInOne(path, folders);
}

bool IsOfDocumentation(std::string_view path) {
  // A folder "doc" deeper down may be a package about documents.
  static const Names folders = {"docs", "documentation"};
  return path.starts_with("doc/") || LiesInOne(path, folders);
}

}  // namespace krait::repository
