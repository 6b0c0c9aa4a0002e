// SPDX-License-Identifier: Apache-2.0
// Random changes of a tree under a follower: whatever happened, the index is in
// the end what a fresh one is. KRAIT_SOAK_CHANGES=10000 makes so many of them.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/repository/index_follower.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChanges = 300;
constexpr size_t kBetweenChecks = 50;
// So long may an event take to show; nothing does unless it is lost.
constexpr std::chrono::seconds kSoakPatience{60};

size_t NumChanges() {
  const char* const wanted = std::getenv("KRAIT_SOAK_CHANGES");
  return wanted == nullptr ? kChanges : std::strtoul(wanted, nullptr, 10);
}

// All that an index says, but its numbers for it.
std::set<std::string> ContentOf(const fs::path& index) {
  std::set<std::string> content;
  auto database = Database::Open(index);
  if (!database) return content;
  auto rows = database->Prepare(
      "SELECT f.path || ':' || f.left_out || ':' || f.lines || ':' || "
      "hex(f.outline) || ':' || "
      "coalesce(c.begin_line || '+' || c.more_lines || ' ' || c.kind || ' ' || "
      "c.container || '::' || c.name, '') FROM file f LEFT JOIN chunk c ON "
      "c.file = f.id");
  if (!rows) {
    // Nobody has made its tables yet.
    EXPECT_NE(rows.error().message.find("no such table"), std::string::npos)
        << rows.error().message;
    return content;
  }
  for (;;) {
    const auto row = rows->Step();
    if (!row || !*row) return content;
    content.emplace(rows->Text(0));
  }
}

class IndexSoakTest : public RepositoryTest {
 protected:
  fs::path Index() const { return folder_ / "soak.index"; }

  size_t Random(size_t below) { return random_() % below; }

  std::string RandomPath() {
    static constexpr const char* kEnds[] = {".py", ".cc", ".md", ".txt", ".go"};
    std::string path;
    for (size_t depth = Random(3); depth > 0; --depth) {
      path += "d" + std::to_string(Random(4)) + "/";
    }
    return path + "f" + std::to_string(Random(12)) + kEnds[Random(5)];
  }

  std::string RandomText() {
    static const std::vector<std::string> kWords = {"alpha", "beta", "gamma",
                                                    "delta"};
    std::string text;
    for (size_t i = Random(6); i > 0; --i) {
      const std::string& word = kWords[Random(kWords.size())];
      text += Random(2) == 0 ? "def " + word + "_function(a):\n    return a\n\n"
                             : "# " + word + "\n\nint " + word + "() {}\n";
    }
    return text;
  }

  void WriteSafely(const std::string& path, const std::string& text) {
    std::error_code none;
    if (fs::is_directory(root_ / path, none)) return;
    for (fs::path up = fs::path(path).parent_path(); !up.empty();
         up = up.parent_path()) {
      // A file or a link where a folder is to be.
      if (fs::symlink_status(root_ / up, none).type() !=
          fs::file_type::directory) {
        fs::remove(root_ / up, none);
      }
    }
    Write(path, text);
  }

  void Change() {
    std::error_code none;
    const std::string path = RandomPath();
    const std::string folder = "d" + std::to_string(Random(4));
    switch (Random(12)) {
      case 0:
        fs::remove(root_ / path, none);
        break;
      case 1:
        fs::rename(root_ / path, root_ / RandomPath(), none);
        break;
      case 2:
        fs::rename(root_ / folder, root_ / ("d" + std::to_string(Random(4))),
                   none);
        break;
      case 3:
        if (Random(4) == 0) fs::remove_all(root_ / folder, none);
        break;
      case 4: {  // as editors save
        WriteSafely(path + ".new", RandomText());
        fs::rename(root_ / (path + ".new"), root_ / path, none);
        break;
      }
      case 5:
        if (Random(3) == 0) {
          WriteSafely(".gitignore", Random(2) == 0 ? "" : folder + "/d1/\n");
        }
        break;
      case 6:  // a link out of the tree
        fs::remove(root_ / path, none);
        fs::create_symlink(folder_ / "outside", root_ / path, none);
        break;
      case 7:  // no text
        WriteSafely(path, std::string("a\0b", 3));
        break;
      case 8:  // a secret
        WriteSafely(path, "-----BEGIN RSA " +
                              std::string("PRIVATE KEY-----\n") +
                              std::string(64, 'M') + "\n");
        break;
      default:
        WriteSafely(path, RandomText());
    }
  }

  std::set<std::string> FreshContent() {
    const fs::path fresh = folder_ / "fresh.index";
    (void)RemoveIndex(fresh);
    const auto made = UpdateIndex({.index = fresh, .root = root_});
    EXPECT_TRUE(made) << made.error().message;
    return ContentOf(fresh);
  }

  std::mt19937_64 random_{7};
};

TEST_F(IndexSoakTest, AfterRandomChangesItIsAsAFreshOne) {
  Write("../outside/secret.py", "def outsidefunction(): pass\n");
  std::optional<IndexFollower> follower;
  const FollowOptions options{.index = Index(),
                              .root = root_,
                              .settle = std::chrono::milliseconds(5),
                              .try_again_after = std::chrono::milliseconds(20)};
  follower.emplace(options);
  for (size_t change = 1; change <= NumChanges(); ++change) {
    Change();
    // The daemon is gone, and another comes; what changes meanwhile is seen.
    if (Random(100) == 0) {
      follower.reset();
      Change();
      follower.emplace(options);
    }
    if (change % kBetweenChecks != 0) continue;
    const std::set<std::string> wanted = FreshContent();
    const auto until = std::chrono::steady_clock::now() + kSoakPatience;
    std::set<std::string> content;
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      content = ContentOf(Index());
    } while (content != wanted && std::chrono::steady_clock::now() < until);
    ASSERT_EQ(content, wanted) << "after " << change << " changes";
  }
  for (const std::string& line : ContentOf(Index())) {
    EXPECT_EQ(line.find("outside"), std::string::npos) << line;
  }
}

// A branch of many files is checked out, and left again.
TEST_F(IndexSoakTest, ABranchOfManyFilesIsFollowed) {
  const size_t files = NumChanges();
  Write("a.py", "def first(): pass\n");
  const IndexFollower follower({.index = Index(), .root = root_});
  for (size_t i = 0; i < files; ++i) {
    Write("b" + std::to_string(i % 50) + "/f" + std::to_string(i) + ".py",
          "def branch" + std::to_string(i) + "(): pass\n");
  }
  const auto until = std::chrono::steady_clock::now() + 2 * kSoakPatience;
  const auto await = [&](size_t wanted) {
    while (ContentOf(Index()).size() != wanted &&
           std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(ContentOf(Index()).size(), wanted);
  };
  await(files + 1);
  for (size_t i = 0; i < 50; ++i) {
    fs::remove_all(root_ / ("b" + std::to_string(i)));
  }
  await(1);
}

// The disk is full while an index is written: that is an error that says so,
// what was there before can be read, and once there is room all is well.
TEST_F(IndexSoakTest, AFullDiskHarmsNothing) {
  Write("a.py", "def alphafunction(): pass\n");
  const IndexOptions options{.index = Index(), .root = root_};
  ASSERT_TRUE(UpdateIndex(options));
  for (size_t i = 0; i < 200; ++i) {
    Write("f" + std::to_string(i) + ".py",
          "def function" + std::to_string(i) + "(): pass\n");
  }
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 64 << 10;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto full = UpdateIndex(options);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("soak.index"), std::string::npos)
      << full.error().message;

  auto searcher = Searcher::Open(Index());
  ASSERT_TRUE(searcher) << searcher.error().message;
  const auto found = searcher->Find("alphafunction", 1);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 1U);

  ASSERT_TRUE(UpdateIndex(options));
  EXPECT_EQ(ContentOf(Index()), FreshContent());
}

}  // namespace
}  // namespace krait::repository
