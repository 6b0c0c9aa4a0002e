// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/indexer.h"

#include <sys/stat.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/repository/search.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

class IndexerTest : public RepositoryTest {
 protected:
  IndexOptions Options() const {
    return {
        .index = folder_ / "state" / "repo.index", .root = root_, .threads = 2};
  }
  IndexReport Index() const {
    const auto report = UpdateIndex(Options());
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : IndexReport();
  }
  // Path and line of all that has the words.
  std::set<std::string> Find(const std::string& words,
                             const std::filesystem::path& index = {}) const {
    std::set<std::string> places;
    auto searcher = Searcher::Open(index.empty() ? Options().index : index);
    EXPECT_TRUE(searcher);
    if (!searcher) return places;
    const auto found = searcher->Find(words, 1000);
    EXPECT_TRUE(found);
    for (const Passage& passage : *found) {
      places.insert(passage.path + ":" + std::to_string(passage.begin_line));
    }
    return places;
  }
};

using Places = std::set<std::string>;

TEST_F(IndexerTest, FindsWhatIsThere) {
  Write("a.cc", "int AlphaValue() { return 1; }\n");
  Write("b.py", "\n\ndef beta_value():\n    return 2\n");
  const IndexReport report = Index();
  EXPECT_EQ(report.changed, 2U);
  EXPECT_EQ(report.counts.files, 2U);
  EXPECT_EQ(report.counts.lines, 5U);
  EXPECT_GT(report.index_bytes, 0U);
  EXPECT_EQ(Find("AlphaValue"), Places({"a.cc:1", "b.py:3"}));
  EXPECT_EQ(Find("alpha"), Places({"a.cc:1"}));
  EXPECT_EQ(Find("nothing_like_it"), Places());
  EXPECT_EQ(Find("\" OR * NEAR( ^"), Places());
}

TEST_F(IndexerTest, OnlyWhatChangedIsReadAgain) {
  Write("a.cc", "int alpha;\n");
  Write("b.cc", "int beta;\n");
  Index();
  EXPECT_EQ(Index().changed, 0U);
  Write("a.cc", "int gamma_ray;\n");
  std::filesystem::remove(root_ / "b.cc");
  Write("c.cc", "int delta;\n");
  const IndexReport report = Index();
  EXPECT_EQ(report.changed, 2U);
  EXPECT_EQ(report.removed, 1U);
  EXPECT_EQ(Find("alpha"), Places());
  EXPECT_EQ(Find("beta"), Places());
  EXPECT_EQ(Find("gamma"), Places({"a.cc:1"}));
  EXPECT_EQ(Find("delta"), Places({"c.cc:1"}));
}

// By hash, not by time: a checkout there and back reads, and writes nothing.
TEST_F(IndexerTest, TheSameBytesAtAnotherTimeAreTheSame) {
  Write("a.cc", "int alpha;\n");
  Index();
  Write("a.cc", "int alpha;\n");
  const IndexReport report = Index();
  EXPECT_EQ(report.changed, 0U);
  EXPECT_EQ(report.unchanged, 1U);
}

TEST_F(IndexerTest, IsForTheUserAlone) {
  Write("a.cc", "int alpha;\n");
  const mode_t before = umask(0);
  Index();
  umask(before);
  for (const auto& entry :
       std::filesystem::directory_iterator(folder_ / "state")) {
    struct stat status {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(IndexerTest, AnotherVersionOrADamagedFileIsMadeAnew) {
  Write("a.cc", "int alpha;\n");
  Index();
  {
    auto database = Database::Open(Options().index);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->Run("PRAGMA user_version = 99"));
  }
  EXPECT_FALSE(Searcher::Open(Options().index));
  EXPECT_EQ(Index().changed, 1U);
  EXPECT_EQ(Find("alpha"), Places({"a.cc:1"}));
  std::ofstream(Options().index, std::ios::binary) << std::string(9000, 'x');
  EXPECT_EQ(Index().changed, 1U);
  EXPECT_EQ(Find("alpha"), Places({"a.cc:1"}));
}

TEST_F(IndexerTest, AStopKeepsWhatWasDone) {
  for (size_t i = 0; i < 200; ++i) {
    Write("f" + std::to_string(i) + ".cc", "int alpha;\n");
  }
  std::stop_source stop;
  IndexOptions options = Options();
  options.on_progress = [&](size_t done, size_t) {
    if (done == 100) stop.request_stop();
  };
  const auto stopped = UpdateIndex(options, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, base::ErrorCode::kCancelled);
  const IndexReport report = Index();
  EXPECT_EQ(report.unchanged, 100U);
  EXPECT_EQ(report.counts.files, 200U);
}

TEST_F(IndexerTest, TwoAtOnceWaitForEachOther) {
  for (size_t i = 0; i < 100; ++i) {
    Write("f" + std::to_string(i) + ".cc", "int alpha;\n");
  }
  std::thread other([&] { Index(); });
  Index();
  other.join();
  EXPECT_EQ(Index().counts.files, 100U);
  EXPECT_EQ(Find("alpha").size(), 100U);
}

// However files come, change and go: as if it had been made at once.
TEST_F(IndexerTest, AfterAnyChangesItIsAsAFreshOne) {
  const std::vector<std::string> words = {"alpha", "beta", "gamma", "delta"};
  std::mt19937_64 random(1);
  for (size_t round = 0; round < 30; ++round) {
    for (size_t change = 0; change < 4; ++change) {
      const std::string path = "d" + std::to_string(random() % 3) + "/f" +
                               std::to_string(random() % 5) + ".cc";
      if (random() % 4 == 0) {
        std::filesystem::remove(root_ / path);
        continue;
      }
      std::string text;
      for (size_t line = random() % 4 + 1; line > 0; --line) {
        text += "int " + words[random() % words.size()] + "() {}\n";
      }
      Write(path, text);
    }
    Index();
    IndexOptions fresh = Options();
    fresh.index = folder_ / "fresh" / (std::to_string(round) + ".index");
    ASSERT_TRUE(UpdateIndex(fresh));
    for (const std::string& word : words) {
      EXPECT_EQ(Find(word), Find(word, fresh.index)) << round;
    }
  }
}

}  // namespace
}  // namespace krait::repository
