// SPDX-License-Identifier: Apache-2.0
#include "lsp/document_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/lsp/plain_text.h"

namespace krait::lsp {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

DidOpenParams OpenParams(std::string text, int32_t version = 1) {
  return {.uri = "u",
          .language_id = "cpp",
          .version = version,
          .text = std::move(text)};
}

ContentChange Replacing(Position start, Position end, std::string text) {
  return {.range = Range{.start = start, .end = end}, .text = std::move(text)};
}

std::string TextOf(const DocumentStore& store) {
  const DocumentSnapshot document = store.Get("u");
  return document ? document->text.ToString() : "(none)";
}

TEST(DocumentStoreTest, OpensChangesAndCloses) {
  DocumentStore store;
  EXPECT_EQ(store.Get("u"), nullptr);
  const auto opened = store.Open(OpenParams("one\ntwo\n"));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->language_id, "cpp");
  EXPECT_EQ((*opened)->version, 1);

  const auto change = store.Change(
      {.uri = "u",
       .version = 2,
       .changes = {Replacing({0, 3}, {1, 0}, " "),  // joins the lines
                   Replacing({0, 7}, {0, 7}, "\r\nthree"),
                   Replacing({1, 5}, {9, 9}, "!")}});
  ASSERT_TRUE(change);
  EXPECT_EQ(TextOf(store), "one two\r\nthree!");
  EXPECT_EQ(store.Get("u")->version, 2);
  EXPECT_EQ(store.Get("u")->language_id, "cpp");
  EXPECT_EQ(change->before, *opened);
  EXPECT_EQ(change->after, store.Get("u"));
  EXPECT_EQ(change->warning, "");
  EXPECT_EQ((*opened)->text.ToString(), "one\ntwo\n");  // a snapshot

  ASSERT_THAT(change->edits, SizeIs(3));
  EXPECT_EQ(change->edits[0].begin_ofs, 3U);
  EXPECT_EQ(change->edits[0].end_ofs, 4U);
  EXPECT_EQ(change->edits[0].text, " ");
  EXPECT_EQ(change->edits[2].begin_ofs, 14U);
  EXPECT_EQ(change->edits[2].end_ofs, 15U);

  EXPECT_THAT(store.All(), SizeIs(1));
  EXPECT_TRUE(store.Close({.uri = "u"}));
  EXPECT_EQ(store.Get("u"), nullptr);
  EXPECT_FALSE(store.Close({.uri = "u"}));
}

TEST(DocumentStoreTest, ReplacesTheWholeTextWithoutARange) {
  DocumentStore store;
  ASSERT_TRUE(store.Open(OpenParams("old")));
  const auto change =
      store.Change({.uri = "u",
                    .version = 2,
                    .changes = {{.range = {}, .text = "new"},
                                Replacing({0, 0}, {0, 0}, "very ")}});
  ASSERT_TRUE(change);
  EXPECT_EQ(TextOf(store), "very new");
  EXPECT_EQ(change->edits[0].end_ofs, 3U);
}

TEST(DocumentStoreTest, ReplacesADocumentThatIsOpenedAgain) {
  DocumentStore store;
  ASSERT_TRUE(store.Open(OpenParams("one", 7)));
  ASSERT_TRUE(store.Open(OpenParams("two", 1)));
  EXPECT_EQ(TextOf(store), "two");
  EXPECT_EQ(store.Get("u")->version, 1);
  EXPECT_EQ(store.size(), 1U);
}

TEST(DocumentStoreTest, AppliesVersionsThatDoNotIncreaseWithAWarning) {
  DocumentStore store;
  ASSERT_TRUE(store.Open(OpenParams("", 5)));
  const auto change = store.Change(
      {.uri = "u", .version = 4, .changes = {{.range = {}, .text = "x"}}});
  ASSERT_TRUE(change);
  EXPECT_THAT(change->warning, HasSubstr("version 4 follows 5"));
  EXPECT_EQ(TextOf(store), "x");
  EXPECT_EQ(store.Get("u")->version, 4);
}

TEST(DocumentStoreTest, CountsOnWithoutAVersion) {
  DocumentStore store;
  ASSERT_TRUE(store.Open(OpenParams("", 5)));
  const auto change = store.Change({.uri = "u", .version = {}, .changes = {}});
  ASSERT_TRUE(change);
  EXPECT_EQ(change->warning, "");
  EXPECT_EQ(store.Get("u")->version, 6);
  constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
  ASSERT_TRUE(store.Open(OpenParams("", kLast)));
  ASSERT_TRUE(store.Change({.uri = "u", .version = {}, .changes = {}}));
  EXPECT_EQ(store.Get("u")->version, kLast);
}

TEST(DocumentStoreTest, LosesADocumentByABadRangeUntilAFullText) {
  DocumentStore store;
  ASSERT_TRUE(store.Open(OpenParams("one\ntwo")));
  const auto bad = store.Change({.uri = "u",
                                 .version = 2,
                                 .changes = {Replacing({0, 0}, {0, 0}, "x"),
                                             Replacing({1, 2}, {1, 1}, "")}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidParams);
  EXPECT_EQ(bad.error().message,
            "u: contentChanges[1]: range: expected the end after the start, "
            "got 1:2 to 1:1");
  EXPECT_EQ(store.Get("u"), nullptr);
  EXPECT_THAT(store.All(), SizeIs(0));

  const auto lost = store.Change(
      {.uri = "u", .version = 3, .changes = {Replacing({0, 0}, {0, 0}, "y")}});
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().message, HasSubstr("expected the full text"));

  const auto healed =
      store.Change({.uri = "u",
                    .version = 4,
                    .changes = {Replacing({0, 0}, {0, 0}, "ignored"),
                                {.range = {}, .text = "all"},
                                Replacing({0, 3}, {0, 3}, "!")}});
  ASSERT_TRUE(healed);
  EXPECT_EQ(healed->before, nullptr);
  EXPECT_THAT(healed->edits, SizeIs(2));
  EXPECT_EQ(TextOf(store), "all!");
  EXPECT_EQ(store.Get("u")->language_id, "cpp");
}

TEST(DocumentStoreTest, BoundsTheSizeOfDocuments) {
  DocumentStore store(PositionEncoding::kUtf16,
                      {.max_document_bytes = 10, .max_documents = 10});
  const auto big = store.Open(OpenParams("01234567890"));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, ErrorCode::kRequestFailed);
  EXPECT_EQ(big.error().message, "u: expected at most 10 bytes, got 11");
  // Known by its name, so that it comes back by a full text.
  EXPECT_TRUE(store.IsLost("u"));
  EXPECT_EQ(store.Get("u"), nullptr);
  ASSERT_TRUE(store.Change(
      {.uri = "u", .version = 2, .changes = {{.range = {}, .text = "x"}}}));
  EXPECT_EQ(store.Get("u")->language_id, "cpp");

  ASSERT_TRUE(store.Open(OpenParams("0123456789")));
  ASSERT_TRUE(store.Change({.uri = "u",
                            .version = 2,
                            .changes = {Replacing({0, 0}, {0, 2}, "ab")}}));
  const auto grown = store.Change(
      {.uri = "u", .version = 3, .changes = {Replacing({0, 0}, {0, 0}, "x")}});
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().message,
            "u: contentChanges[0]: text: expected at most 10 bytes, got 11");
  EXPECT_EQ(store.Get("u"), nullptr);
}

TEST(DocumentStoreTest, LosesTheDocumentThatAnUnreadMessageIsAbout) {
  DocumentStore store;
  DidOpenParams params = OpenParams("text");
  for (const std::string uri : {"a", "b"}) {
    params.uri = uri;
    ASSERT_TRUE(store.Open(params));
  }
  EXPECT_THAT(store.LoseBy({.method = "textDocument/didSave"}), SizeIs(0));
  EXPECT_THAT(store.LoseBy({.id = RequestId(int64_t{1})}), SizeIs(0));
  EXPECT_THAT(store.LoseBy({.method = "textDocument/didChange", .uri = "a"}),
              testing::ElementsAre("a"));
  EXPECT_THAT(store.LoseBy({.method = "textDocument/didChange", .uri = "a"}),
              SizeIs(0));
  EXPECT_EQ(store.Get("a"), nullptr);
  EXPECT_NE(store.Get("b"), nullptr);
  // It may have been about any.
  EXPECT_THAT(store.LoseBy({}), testing::ElementsAre("b"));
  EXPECT_THAT(
      store.LoseBy(
          {.method = "textDocument/didOpen", .uri = "c", .language_id = "go"}),
      testing::ElementsAre("c"));
  ASSERT_TRUE(store.Change(
      {.uri = "c", .version = {}, .changes = {{.range = {}, .text = "new"}}}));
  EXPECT_EQ(store.Get("c")->language_id, "go");
  EXPECT_THAT(store.Lost(), SizeIs(2));
}

TEST(DocumentStoreTest, BoundsTheNumberOfDocuments) {
  DocumentStore store(PositionEncoding::kUtf16,
                      {.max_document_bytes = 10, .max_documents = 2});
  DidOpenParams params = OpenParams("");
  for (const std::string uri : {"a", "b", "b"}) {
    params.uri = uri;
    EXPECT_TRUE(store.Open(params));
  }
  params.uri = "c";
  EXPECT_FALSE(store.Open(params));
}

TEST(DocumentStoreTest, RefusesChangesOfUnknownDocuments) {
  DocumentStore store;
  const auto change = store.Change({.uri = "u", .version = 1, .changes = {}});
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().message, "u: changed, but not open");
}

TEST(DocumentStoreTest, CountsInTheNegotiatedEncoding) {
  for (const auto& [encoding, character] :
       std::vector<std::pair<PositionEncoding, uint32_t>>{
           {PositionEncoding::kUtf8, 4},
           {PositionEncoding::kUtf16, 2},
           {PositionEncoding::kUtf32, 1}}) {
    DocumentStore store;
    store.set_encoding(encoding);
    ASSERT_TRUE(store.Open(OpenParams("\U0001F600x")));
    ASSERT_TRUE(store.Change(
        {.uri = "u",
         .version = 2,
         .changes = {Replacing({0, character}, {0, character}, "!")}}));
    EXPECT_EQ(TextOf(store), "\U0001F600!x");
  }
}

std::string RandomContent(std::mt19937& random) {
  constexpr std::string_view kPieces[] = {"a",  "word ", "é",  "漢",
                                          "\n", "\r\n",  "\r", "\U0001F600"};
  std::string content;
  size_t pieces = random() % 10 == 0 ? random() % 3000 : random() % 4;
  for (; pieces > 0; --pieces)
    content += kPieces[random() % std::size(kPieces)];
  return content;
}

Position RandomPosition(std::mt19937& random, size_t num_lines) {
  return {.line = static_cast<uint32_t>(random() % (num_lines + 1)),
          .character = static_cast<uint32_t>(random() % 30)};
}

class RandomEditsTest : public ::testing::TestWithParam<PositionEncoding> {};

TEST_P(RandomEditsTest, AgreeWithAPlainString) {
  const PositionEncoding encoding = GetParam();
  std::mt19937 random(5);
  DocumentStore store(encoding);
  std::string plain = RandomContent(random);
  ASSERT_TRUE(store.Open(OpenParams(plain, 0)));
  for (int version = 1; version <= 300; ++version) {
    DidChangeParams params{.uri = "u", .version = version, .changes = {}};
    for (size_t i = random() % 3; i <= 2; ++i) {
      const size_t num_lines = PlainLines(plain).size();
      Position start = RandomPosition(random, num_lines);
      Position end =
          random() % 2 == 0 ? start : RandomPosition(random, num_lines);
      if (random() % 8 != 0) end.line = start.line;
      if (end < start) std::swap(start, end);
      const std::string content = RandomContent(random);
      params.changes.push_back(Replacing(start, end, content));
      const size_t begin_ofs = PlainByteOffset(plain, start, encoding);
      const size_t end_ofs = PlainByteOffset(plain, end, encoding);
      plain.replace(begin_ofs, end_ofs - begin_ofs, content);
    }
    ASSERT_TRUE(store.Change(params));
    ASSERT_EQ(TextOf(store), plain) << "version " << version;
    if (plain.size() > 100'000) {
      plain.resize(0);
      ASSERT_TRUE(store.Change({.uri = "u",
                                .version = version,
                                .changes = {{.range = {}, .text = ""}}}));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Encodings, RandomEditsTest,
                         ::testing::Values(PositionEncoding::kUtf8,
                                           PositionEncoding::kUtf16,
                                           PositionEncoding::kUtf32));

}  // namespace
}  // namespace krait::lsp
