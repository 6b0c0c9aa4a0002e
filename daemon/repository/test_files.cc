// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/test_files.h"

#include <set>

namespace krait::repository {

bool IsOfTests(std::string_view path) {
  static const std::set<std::string_view> kFolders = {
      "test",     "tests",   "testing",   "testdata",   "spec", "__tests__",
      "examples", "example", "benchmark", "benchmarks", "bench"};
  for (size_t begin = 0;;) {
    const size_t end = path.find('/', begin);
    if (end == path.npos) {
      const std::string_view file = path.substr(begin);
      const std::string_view stem = file.substr(0, file.rfind('.'));
      return stem.starts_with("test_") || stem.ends_with("_test") ||
             stem.ends_with(".test") || stem.ends_with("_spec") ||
             stem.ends_with(".spec") || stem.ends_with("Test") ||
             stem.ends_with("Tests");
    }
    if (kFolders.contains(path.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
}

}  // namespace krait::repository
