// SPDX-License-Identifier: Apache-2.0
#include "lsp/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::lsp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Reading {
  std::vector<std::string> bodies;
  std::string error;  // empty if there was none
  bool at_boundary = true;
};

// Feeds `stream` in pieces of `piece_bytes`.
Reading Read(std::string_view stream, size_t piece_bytes,
             FrameLimits limits = {}) {
  FrameReader reader(limits);
  Reading reading;
  while (!stream.empty()) {
    const Status status = reader.Consume(
        stream.substr(0, piece_bytes),
        [&](std::string body) { reading.bodies.push_back(std::move(body)); });
    if (!status) reading.error = status.error().message;
    stream.remove_prefix(std::min(piece_bytes, stream.size()));
  }
  reading.at_boundary = reader.AtBoundary();
  return reading;
}

constexpr std::string_view kTwoMessages =
    "Content-Length: 5\r\n\r\nhello"
    "content-LENGTH:  7 \r\n"
    "Content-Type: application/vscode-jsonrpc; charset=\"UTF-8\"\r\n"
    "\r\n"
    "wor\r\nld";

TEST(FrameTest, ReadsMessagesInPiecesOfAnySize) {
  for (size_t piece = 1; piece <= kTwoMessages.size(); ++piece) {
    const Reading reading = Read(kTwoMessages, piece);
    EXPECT_EQ(reading.error, "") << piece;
    EXPECT_THAT(reading.bodies, ElementsAre("hello", "wor\r\nld")) << piece;
    EXPECT_TRUE(reading.at_boundary);
  }
}

TEST(FrameTest, ReadsMessagesSplitInTwoAnywhere) {
  for (size_t split = 0; split <= kTwoMessages.size(); ++split) {
    FrameReader reader;
    std::vector<std::string> bodies;
    const auto keep = [&](std::string body) {
      bodies.push_back(std::move(body));
    };
    EXPECT_TRUE(reader.Consume(kTwoMessages.substr(0, split), keep));
    EXPECT_TRUE(reader.Consume(kTwoMessages.substr(split), keep));
    EXPECT_THAT(bodies, ElementsAre("hello", "wor\r\nld")) << split;
  }
}

TEST(FrameTest, KnowsWhetherTheStreamMayEnd) {
  const std::string frame = Frame("{}");
  for (size_t bytes = 1; bytes < frame.size(); ++bytes) {
    EXPECT_FALSE(Read(frame.substr(0, bytes), 1000).at_boundary) << bytes;
  }
  EXPECT_TRUE(Read(frame, 1000).at_boundary);
}

TEST(FrameTest, AcceptsWhatHarmlessClientsWrite) {
  for (const std::string_view stream : {
           "Content-Length: 2\n\nok",
           "Content-Length:2\r\n\r\nok",
           "Content-Length: 0002\r\n\r\nok",
           "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
           "Content-Type: application/json\r\nContent-Length: 2\r\n\r\nok",
           "X-Unknown:\r\nContent-Length:\t2\r\n\r\nok",
           "Content-Type: a; charset=utf8\r\nContent-Length: 2\r\n\r\nok",
       }) {
    const Reading reading = Read(stream, 3);
    EXPECT_EQ(reading.error, "") << stream;
    EXPECT_THAT(reading.bodies, ElementsAre("ok")) << stream;
  }
}

TEST(FrameTest, ReadsEmptyBodies) {
  EXPECT_THAT(
      Read("Content-Length: 0\r\n\r\nContent-Length: 0\r\n\r\n", 1).bodies,
      ElementsAre("", ""));
}

TEST(FrameTest, NamesWhatIsWrongWithAHeader) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"hello\r\n", "expected \"Name: value\", got \"hello\""},
      {"GET / HTTP/1.1\r\n", "got \"GET / HTTP/1.1\""},
      {"{\"jsonrpc\":\"2.0\"}\n", "expected \"Name: value\", got \"{\"json"},
      {": 5\r\n", "expected \"Name: value\""},
      {"Content-Length : 5\r\n", "expected \"Name: value\""},
      {"\r\n", "ends without a Content-Length"},
      {"X: y\r\n\r\n", "ends without a Content-Length"},
      {"Content-Length: \r\n", "expected a number of bytes, got \"\""},
      {"Content-Length: -5\r\n", "expected a number of bytes, got \"-5\""},
      {"Content-Length: +5\r\n", "expected a number of bytes"},
      {"Content-Length: 5x\r\n", "expected a number of bytes, got \"5x\""},
      {"Content-Length: 0x10\r\n", "expected a number of bytes"},
      {"Content-Length: 5 5\r\n", "expected a number of bytes"},
      {"Content-Length: 68719476737\r\n", "at most 68719476736 bytes"},
      {"Content-Length: 18446744073709551615\r\n", "expected at most"},
      {"Content-Length: 99999999999999999999999\r\n", "expected at most"},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", "given twice, 5 and 6"},
      {"Content-Type: text/plain; charset=latin1\r\n",
       "expected the charset utf-8, got \"latin1\""},
      {std::string_view("\0\1\2\n", 4), "got \"???\""},
  };
  for (const auto& [stream, expected] : cases) {
    for (const size_t piece : {size_t{1}, stream.size()}) {
      const Reading reading = Read(stream, piece);
      EXPECT_THAT(reading.error, HasSubstr(expected)) << stream;
      EXPECT_THAT(reading.error, HasSubstr("header: ")) << stream;
      EXPECT_THAT(reading.bodies, IsEmpty()) << stream;
    }
  }
}

TEST(FrameTest, StaysBrokenAfterABrokenHeader) {
  const Reading reading = Read("garbage\n" + Frame("{}"), 1);
  EXPECT_THAT(reading.error, HasSubstr("garbage"));
  EXPECT_THAT(reading.bodies, IsEmpty());
}

TEST(FrameTest, HandsOutMessagesBeforeABrokenHeader) {
  const Reading reading = Read(Frame("{}") + "garbage\n", 1000);
  EXPECT_THAT(reading.bodies, ElementsAre("{}"));
  EXPECT_THAT(reading.error, HasSubstr("garbage"));
}

TEST(FrameTest, BoundsTheHeader) {
  EXPECT_THAT(Read(std::string(5000, 'a'), 1).error,
              HasSubstr("longer than 4096 bytes"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "Name: value\r\n";
  EXPECT_THAT(Read(many, 1).error, HasSubstr("longer than 4096 bytes"));
  // Each message has its own header.
  std::string stream;
  for (int i = 0; i < 500; ++i) stream += Frame("{}");
  EXPECT_EQ(Read(stream, 7).bodies.size(), 500U);
}

TEST(FrameTest, BoundsTheBody) {
  const FrameLimits limits{.max_header_bytes = 100, .max_body_bytes = 10};
  EXPECT_THAT(Read(Frame("0123456789"), 1, limits).bodies,
              ElementsAre("0123456789"));
  const Reading over = Read(Frame("0123456789a"), 1, limits);
  EXPECT_THAT(over.bodies, IsEmpty());
  EXPECT_EQ(over.error, "");
}

TEST(FrameTest, SkipsABodyOverTheLimitAndGoesOn) {
  const std::string open =
      R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":
         {"textDocument":{"text":"\"uri\":\"file:///wrong\" )" +
      std::string(300'000, 'x') +
      R"(","languageId":"log","uri":"file:///big.log","version":1}}})";
  const std::string stream = Frame("{}") + Frame(open) + Frame("[]");
  for (const size_t piece : {size_t{7}, size_t{1000}, stream.size()}) {
    FrameReader reader({.max_body_bytes = 1000});
    std::vector<std::string> bodies;
    std::vector<Glimpse> skipped;
    for (size_t i = 0; i < stream.size(); i += piece) {
      ASSERT_TRUE(reader.Consume(
          std::string_view(stream).substr(i, piece),
          [&](std::string body) { bodies.push_back(std::move(body)); },
          [&](const Glimpse& glimpse) { skipped.push_back(glimpse); }));
    }
    EXPECT_THAT(bodies, ElementsAre("{}", "[]")) << piece;
    ASSERT_EQ(skipped.size(), 1U);
    EXPECT_EQ(skipped[0].uri, "file:///big.log");
    EXPECT_EQ(skipped[0].language_id, "log");
    EXPECT_EQ(skipped[0].method, "textDocument/didOpen");
    EXPECT_EQ(skipped[0].bytes, open.size());
    EXPECT_THAT(TooLarge(skipped[0], {.max_body_bytes = 1000}).message,
                HasSubstr("textDocument/didOpen: expected at most 1000 bytes"));
  }
}

TEST(FrameTest, FramesBodiesByTheirBytes) {
  EXPECT_EQ(Frame("{}"), "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(Frame("\"é\""), "Content-Length: 4\r\n\r\n\"é\"");
  EXPECT_EQ(Frame(""), "Content-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace krait::lsp
