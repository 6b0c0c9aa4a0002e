// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/postings.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/repository/chunk_lengths.h"
#include "daemon/repository/indexer.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

class PostingsTest : public RepositoryTest {
 protected:
  void Index() const {
    ASSERT_TRUE(UpdateIndex({.index = folder_ / "a.index", .root = root_}));
  }
  // The chunks that have the term so.
  std::vector<int64_t> Having(const std::string& term, TermMark mark) const {
    std::vector<int64_t> numbers;
    auto store = IndexStore::OpenToRead(folder_ / "a.index");
    EXPECT_TRUE(store);
    auto postings = Postings::Open(&store->database());
    EXPECT_TRUE(postings);
    EXPECT_TRUE(postings->ForEach(
        term, mark, [&](int64_t number) { numbers.push_back(number); }));
    const auto count = postings->Count(term, mark);
    EXPECT_TRUE(count);
    EXPECT_EQ(*count, static_cast<int64_t>(numbers.size())) << term;
    for (int64_t most = 0; most < 4; ++most) {
      EXPECT_EQ(*postings->CountUpTo(most, term, mark), std::min(most, *count));
    }
    return numbers;
  }
  double LengthOf(int64_t number) const {
    auto store = IndexStore::OpenToRead(folder_ / "a.index");
    EXPECT_TRUE(store);
    const auto lengths = ChunkLengths::Load(&store->database());
    EXPECT_TRUE(lengths);
    return lengths ? lengths->Of(number) : -1;
  }
};

using ChunkNumbers = std::vector<int64_t>;

TEST_F(PostingsTest, SayWhereATermStands) {
  Write("src/oven.py",
        "def bake_bread(dough):\n    return dough\n\n\n"
        "def bake(cake):\n    return cake + cake * cake\n");
  Index();
  EXPECT_EQ(Having("bake", TermMark::kNone), (ChunkNumbers{1, 2}));
  EXPECT_EQ(Having("bake", TermMark::kName), (ChunkNumbers{1, 2}));
  EXPECT_EQ(Having("bakebread", TermMark::kName), (ChunkNumbers{1}));
  EXPECT_EQ(Having("bake", TermMark::kWhole), (ChunkNumbers{2}));
  EXPECT_EQ(Having("cake", TermMark::kOften), (ChunkNumbers{2}));
  EXPECT_EQ(Having("dough", TermMark::kOften), (ChunkNumbers{}));
  EXPECT_EQ(Having("oven", TermMark::kPath), (ChunkNumbers{1, 2}));
  EXPECT_EQ(Having("oven", TermMark::kNone), (ChunkNumbers{}));
  EXPECT_EQ(Having("nothing", TermMark::kNone), (ChunkNumbers{}));
}

TEST_F(PostingsTest, ANameOfOneWordIsKnownAsAWhole) {
  Write("a.py", "def run(x):\n    pass\n\n\ndef run_all(x):\n    pass\n");
  Index();
  EXPECT_EQ(Having("run", TermMark::kWhole), (ChunkNumbers{1}));
  EXPECT_EQ(Having("run", TermMark::kName), (ChunkNumbers{1, 2}));
}

TEST_F(PostingsTest, LengthsTellWhatIsGone) {
  Write("a.txt", "alpha\n");
  Index();
  EXPECT_GT(LengthOf(1), 0);
  EXPECT_LT(LengthOf(1), ChunkLengths::kUsual);
  EXPECT_EQ(LengthOf(2), ChunkLengths::kUsual);  // comes later
  Write("a.txt", "alpha beta\n");
  Index();
  EXPECT_EQ(LengthOf(1), 0);
  EXPECT_GT(LengthOf(2), 0);
}

TEST(ChunkLengthsTest, AByteSaysAnEighth) {
  int last = -1;
  for (size_t terms = 1; terms < 5000; terms += 7) {
    const auto byte = static_cast<unsigned char>(LengthByte(terms));
    EXPECT_GE(byte, last);
    last = byte;
  }
  EXPECT_LT(LengthByte(50), LengthByte(60));
  EXPECT_EQ(LengthByte(size_t{1} << 40), 63);
}

}  // namespace
}  // namespace krait::repository
