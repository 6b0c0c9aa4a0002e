// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_REPOSITORY_REPOSITORY_TESTING_H_
#define KRAIT_TESTS_DAEMON_REPOSITORY_REPOSITORY_TESTING_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace krait::repository {

// A folder with a repository in it, and one for its index. Gone with the test.
class RepositoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "repositoryXXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = std::filesystem::canonical(folder);
    root_ = folder_ / "repo";
    std::filesystem::create_directories(root_ / ".git");
  }
  void TearDown() override {
    std::error_code none;
    std::filesystem::remove_all(folder_, none);
  }

  void Write(const std::string& path, std::string_view text) const {
    const auto file = root_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  std::filesystem::path folder_;
  std::filesystem::path root_;
};

}  // namespace krait::repository

#endif  // KRAIT_TESTS_DAEMON_REPOSITORY_REPOSITORY_TESTING_H_
