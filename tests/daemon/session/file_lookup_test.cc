// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/file_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "tests/daemon/session/owner_calls.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;

class FileLookupTest : public testing::Test {
 protected:
  FileLookupTest() {
    char name[] = "/tmp/krait-lookup-XXXXXX";
    dir_ = fs::canonical(mkdtemp(name));
  }
  ~FileLookupTest() override { fs::remove_all(dir_); }

  fs::path dir_;
};

TEST_F(FileLookupTest, FollowsLinksOneByOne) {
  fs::create_directories(dir_ / "real");
  std::ofstream(dir_ / "real/x1") << "secret";
  fs::create_symlink("real/x1", dir_ / ".env");
  fs::create_symlink(".env", dir_ / "notes.txt");
  fs::create_symlink("real", dir_ / "folder");
  const FileFacts facts = LookUpFile(dir_ / "notes.txt");
  EXPECT_THAT(facts.real_paths,
              ElementsAre(dir_ / ".env", dir_ / "real/x1", dir_ / "real/x1"));
  EXPECT_EQ(facts.problem, "");
  EXPECT_THAT(LookUpFile(dir_ / "folder/x1").real_paths,
              ElementsAre(dir_ / "real/x1"));
}

TEST_F(FileLookupTest, KnowsWhereWhatIsNotThereWouldBe) {
  fs::create_directories(dir_ / "real");
  fs::create_symlink("real", dir_ / "folder");
  fs::create_symlink("real/new.env", dir_ / "notes.txt");
  EXPECT_THAT(LookUpFile(dir_ / "folder/a/b.py").real_paths,
              ElementsAre(dir_ / "real/a/b.py"));
  EXPECT_THAT(LookUpFile(dir_ / "notes.txt").real_paths,
              Contains(dir_ / "real/new.env"));
}

TEST_F(FileLookupTest, SaysWhatItCannotTell) {
  fs::create_symlink("b", dir_ / "a");
  fs::create_symlink("a", dir_ / "b");
  EXPECT_NE(LookUpFile(dir_ / "a").problem, "");
  EXPECT_EQ(LookUpFile("/" + std::string(5000, 'a')).problem, "");
}

TEST_F(FileLookupTest, FindsTheRepository) {
  fs::create_directories(dir_ / ".git");
  fs::create_directories(dir_ / "a/b");
  EXPECT_EQ(LookUpFile(dir_ / "a/b/c.py").repository, dir_);
  EXPECT_EQ(LookUpFile("/no/such/file").repository, "");
}

TEST_F(FileLookupTest, OneThatHangsHoldsUpNobodyElse) {
  OwnerCalls calls;
  // Shared, as the thread that hangs outlives the test.
  const auto hang = std::make_shared<std::latch>(1);
  std::vector<std::string> found;
  {
    FileLookup lookup(calls.Poster(), [hang](const fs::path& path) {
      if (path == "/dead") hang->wait();
      return FileFacts{.problem = path.string()};
    });
    const auto note = [&found](const FileFacts& facts) {
      found.push_back(facts.problem);
    };
    lookup.Find("/dead", note);
    lookup.Find("/alive", note);
    calls.RunOne();
    EXPECT_THAT(found, ElementsAre("/alive"));
  }
  hang->count_down();
  EXPECT_THAT(found, ElementsAre("/alive"));
}

// As many as there are of a file system that is gone.
TEST_F(FileLookupTest, NobodyWaitsForWhatIsLate) {
  OwnerCalls calls;
  const auto hang = std::make_shared<std::latch>(1);
  std::vector<std::string> found;
  {
    FileLookup lookup(calls.Poster(), [hang](const fs::path& path) {
      if (path == "/dead") hang->wait();
      return FileFacts{.problem = path.string()};
    });
    const auto note = [&found](const FileFacts& facts) {
      found.push_back(facts.problem);
    };
    std::vector<FileLookup::Ticket> dead(3 * FileLookup::kMostAtOnce);
    for (FileLookup::Ticket& ticket : dead) ticket = lookup.Find("/dead", note);
    lookup.Find("/alive", note);
    for (const FileLookup::Ticket& ticket : dead) lookup.SetLate(ticket);
    calls.RunOne();
    EXPECT_THAT(found, ElementsAre("/alive"));
    // What they find counts.
    hang->count_down();
    for (size_t i = 0; i < dead.size(); ++i) calls.RunOne();
    EXPECT_EQ(found.size(), dead.size() + 1);
    lookup.SetLate(dead[0]);  // it has ended
    lookup.Find("/alive", note);
    calls.RunOne();
    EXPECT_EQ(found.size(), dead.size() + 2);
  }
}

TEST_F(FileLookupTest, MoreThanMayHangTakeTurns) {
  OwnerCalls calls;
  size_t found = 0;
  FileLookup lookup(calls.Poster(),
                    [](const fs::path&) { return FileFacts{}; });
  constexpr size_t kFiles = 3 * FileLookup::kMostAtOnce;
  for (size_t i = 0; i < kFiles; ++i) {
    lookup.Find("/a", [&found](const FileFacts&) { ++found; });
  }
  for (size_t i = 0; i < kFiles; ++i) calls.RunOne();
  EXPECT_EQ(found, kFiles);
}

}  // namespace
}  // namespace krait::daemon
