// SPDX-License-Identifier: Apache-2.0
// Vectors in an index, and searches by them and by words together.
#include "daemon/repository/vector_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/repository/chunk_encoder.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

// Knows three things and some words for each.
class TopicEncoder final : public ChunkEncoder {
 public:
  explicit TopicEncoder(std::string name = "topics") : name_(std::move(name)) {}

  std::string name() const override { return name_; }
  size_t dimension() const override { return kTopics.size(); }
  simd::WeightType type() const override { return simd::WeightType::kF32; }
  std::string EncodeChunks(
      std::span<const std::string_view> texts) const override {
    std::string rows;
    for (const std::string_view text : texts) {
      const std::vector<float> vector = EncodeQuestion(text);
      rows.append(reinterpret_cast<const char*>(vector.data()),
                  vector.size() * sizeof(float));
    }
    return rows;
  }
  std::vector<float> EncodeQuestion(std::string_view text) const override {
    std::vector<float> vector(kTopics.size());
    float squares = 0;
    for (size_t i = 0; i < kTopics.size(); ++i) {
      for (const std::string_view word : kTopics[i]) {
        if (text.find(word) != text.npos) vector[i] += 1;
      }
      squares += vector[i] * vector[i];
    }
    for (float& x : vector) x /= std::max(std::sqrt(squares), 1e-6F);
    return vector;
  }

 private:
  static constexpr std::array<std::array<std::string_view, 3>, 3> kTopics = {
      {{"ship", "boat", "vessel"},
       {"tree", "oak", "forest"},
       {"bread", "flour", "oven"}}};
  const std::string name_;
};

class VectorSearchTest : public RepositoryTest {
 protected:
  std::filesystem::path IndexPath() const {
    return folder_ / "state" / "i.index";
  }

  IndexReport Update(const ChunkEncoder* encoder) const {
    const auto report =
        UpdateIndex({.index = IndexPath(), .root = root_, .encoder = encoder});
    EXPECT_TRUE(report);
    return report ? *report : IndexReport();
  }

  // The paths of what is found, the best first.
  std::vector<std::string> Find(const std::string& question, Ranking ranking,
                                const ChunkEncoder* encoder,
                                Wanted wanted = Wanted::kAnything) const {
    std::vector<std::string> paths;
    auto searcher = Searcher::Open(IndexPath(), encoder);
    EXPECT_TRUE(searcher);
    if (!searcher) return paths;
    const auto found = searcher->Find(question, 10, ranking, wanted);
    EXPECT_TRUE(found);
    for (const Passage& passage : *found) paths.push_back(passage.path);
    return paths;
  }

  // What VectorSearch has of a fresh or an old index: its rows in the order of
  // the chunks' places.
  size_t Rows(const ChunkEncoder& encoder) const {
    auto store = IndexStore::OpenToRead(IndexPath());
    EXPECT_TRUE(store);
    const auto vectors =
        VectorSearch::Load(&*store, encoder.dimension(), encoder.type());
    EXPECT_TRUE(vectors);
    return vectors ? vectors->size() : 0;
  }
};

using Paths = std::vector<std::string>;

TEST_F(VectorSearchTest, FindsWhatIsMeantBesideWhatIsSaid) {
  Write("harbour.txt", "a vessel with two masts\n");
  Write("report.txt", "a report of the oak and the forest\n");
  Write("other.txt", "of nothing that is known\n");
  const TopicEncoder encoder;
  Update(&encoder);
  EXPECT_EQ(Find("report boat", Ranking::kWords, &encoder),
            Paths({"report.txt"}));
  EXPECT_EQ(Find("report boat", Ranking::kVectors, &encoder)[0], "harbour.txt");
  for (const Ranking both :
       {Ranking::kBoth, Ranking::kRanks, Ranking::kDiverse}) {
    const Paths found = Find("report boat", both, &encoder);
    ASSERT_GE(found.size(), 2U);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.begin() + 2),
              (std::set<std::string>{"harbour.txt", "report.txt"}));
  }
}

TEST_F(VectorSearchTest, WhoWantsCodeNamesItByOneWord) {
  Write("harbour.txt", "a vessel with two masts\n");
  Write("report.txt", "a report of a boat\n");
  const TopicEncoder encoder;
  Update(&encoder);
  EXPECT_EQ(Find("boat", Ranking::kBoth, &encoder, Wanted::kCode),
            Paths({"report.txt"}));
  EXPECT_EQ(Find("boat", Ranking::kBoth, &encoder).size(), 2U);
  EXPECT_EQ(
      Find("where is the boat", Ranking::kBoth, &encoder, Wanted::kCode).size(),
      2U);
}

TEST_F(VectorSearchTest, WhatNothingHasIsNotFound) {
  Write("harbour.txt", "a vessel with two masts\n");
  const TopicEncoder encoder;
  Update(&encoder);
  EXPECT_EQ(Find("zeppelin", Ranking::kBoth, &encoder), Paths());
}

TEST_F(VectorSearchTest, WithoutTheIndexesEncoderThereAreWordsOnly) {
  Write("harbour.txt", "a vessel\n");
  const TopicEncoder encoder;
  const TopicEncoder other("others");
  Update(&encoder);
  for (const ChunkEncoder* one : {static_cast<const ChunkEncoder*>(nullptr),
                                  static_cast<const ChunkEncoder*>(&other)}) {
    const auto searcher = Searcher::Open(IndexPath(), one);
    ASSERT_TRUE(searcher);
    EXPECT_FALSE(searcher->has_vectors());
    EXPECT_EQ(Find("vessel", Ranking::kBoth, one), Paths({"harbour.txt"}));
    EXPECT_EQ(Find("vessel", Ranking::kVectors, one), Paths());
  }
}

TEST_F(VectorSearchTest, AnotherEncoderMakesTheIndexAnew) {
  Write("a.txt", "a ship\n");
  const TopicEncoder encoder;
  const TopicEncoder other("others");
  EXPECT_TRUE(Update(&encoder).rebuilt);
  EXPECT_FALSE(Update(&encoder).rebuilt);
  EXPECT_TRUE(Update(&other).rebuilt);
  EXPECT_EQ(Find("oak ship", Ranking::kBoth, &other), Paths({"a.txt"}));
  EXPECT_TRUE(Update(nullptr).rebuilt);
  EXPECT_EQ(Rows(encoder), 0U);
}

TEST_F(VectorSearchTest, VectorsFollowTheirFiles) {
  Write("a.txt", "a ship\n");
  Write("b.txt", "an oak\n");
  const TopicEncoder encoder;
  Update(&encoder);
  EXPECT_EQ(Rows(encoder), 2U);
  Write("a.txt", "bread\n\n\n# now\n");
  Update(&encoder);
  EXPECT_EQ(Find("boat", Ranking::kVectors, &encoder).size(), 2U);
  EXPECT_EQ(Find("oven", Ranking::kVectors, &encoder)[0], "a.txt");
  std::filesystem::remove(root_ / "a.txt");
  Update(&encoder);
  EXPECT_EQ(Rows(encoder), 1U);
  EXPECT_EQ(Find("oven", Ranking::kVectors, &encoder), Paths({"b.txt"}));
}

TEST_F(VectorSearchTest, NearestAreTheLargestProducts) {
  for (size_t i = 0; i < 40; ++i) {
    Write("f" + std::to_string(i) + ".txt", i % 3 == 0   ? "ship oak\n"
                                            : i % 3 == 1 ? "ship\n"
                                                         : "oven\n");
  }
  const TopicEncoder encoder;
  Update(&encoder);
  auto store = IndexStore::OpenToRead(IndexPath());
  ASSERT_TRUE(store);
  auto vectors = VectorSearch::Load(&*store, 3, simd::WeightType::kF32);
  ASSERT_TRUE(vectors);
  ASSERT_EQ(vectors->size(), 40U);
  const std::vector<float> wanted = {1, 0, 0};
  const auto nearest = vectors->Nearest(wanted, 20);
  ASSERT_EQ(nearest.size(), 20U);
  for (size_t i = 0; i < nearest.size(); ++i) {
    EXPECT_NEAR(nearest[i].score, i < 13 ? 1 : std::sqrt(0.5), 1e-6) << i;
    EXPECT_EQ(vectors->ProductOf(nearest[i].number), nearest[i].score);
    EXPECT_NEAR(vectors->VectorOf(nearest[i].number)[0], nearest[i].score,
                1e-6);
  }
  EXPECT_EQ(vectors->Nearest(wanted, 100).size(), 40U);
  EXPECT_EQ(vectors->ProductOf(123456), 0);
  EXPECT_TRUE(vectors->VectorOf(123456).empty());
}

TEST_F(VectorSearchTest, RowsOfAnotherLengthAreRefused) {
  Write("a.txt", "a ship\n");
  const TopicEncoder encoder;
  Update(&encoder);
  auto store = IndexStore::OpenToRead(IndexPath());
  ASSERT_TRUE(store);
  const auto vectors = VectorSearch::Load(&*store, 5, simd::WeightType::kF32);
  ASSERT_FALSE(vectors);
  EXPECT_EQ(vectors.error().code, base::ErrorCode::kBadFile);
}

TEST_F(VectorSearchTest, TestsComeAfterWhatTheyTest) {
  Write("lib/ship.txt", "launch the ship\n");
  Write("tests/ship.txt", "launch the ship\n");
  Write("lib/ship_test.txt", "launch the ship\n");
  const TopicEncoder encoder;
  Update(&encoder);
  EXPECT_EQ(Find("launch a boat", Ranking::kBoth, &encoder)[0], "lib/ship.txt");
}

}  // namespace
}  // namespace krait::repository
