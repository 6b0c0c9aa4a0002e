// SPDX-License-Identifier: Apache-2.0
#include "lsp/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_value.h"

namespace krait::lsp {
namespace {

using ::testing::HasSubstr;
using Kind = Message::Kind;

std::string Payload(const Message& message) {
  RawJson raw;
  EXPECT_TRUE(FromJson(*message.payload, &raw));
  return raw.text;
}

TEST(MessageTest, ReadsRequests) {
  MessageParser parser;
  Message message = parser.Parse(
      R"({"jsonrpc":"2.0","id":7,"method":"m","params":{"a":[1,"é"]}})");
  EXPECT_EQ(message.kind, Kind::kRequest);
  EXPECT_EQ(message.method, "m");
  EXPECT_EQ(message.id, RequestId(int64_t{7}));
  EXPECT_EQ(Payload(message), R"({"a":[1,"é"]})");

  message = parser.Parse(R"({"method":"m","id":"x","jsonrpc":"2.0"})");
  EXPECT_EQ(message.kind, Kind::kRequest);
  EXPECT_EQ(message.id, RequestId("x"));
  EXPECT_EQ(Payload(message), "null");
}

TEST(MessageTest, ReadsNotifications) {
  MessageParser parser;
  for (const std::string_view body :
       {R"({"jsonrpc":"2.0","method":"n"})",
        R"({"jsonrpc":"2.0","method":"n","params":null})"}) {
    const Message message = parser.Parse(body);
    EXPECT_EQ(message.kind, Kind::kNotification);
    EXPECT_EQ(message.method, "n");
    EXPECT_EQ(Payload(message), "null");
  }
}

TEST(MessageTest, ReadsResponses) {
  MessageParser parser;
  Message message = parser.Parse(R"({"jsonrpc":"2.0","id":3,"result":null})");
  EXPECT_EQ(message.kind, Kind::kResponse);
  EXPECT_EQ(message.id, RequestId(int64_t{3}));
  EXPECT_FALSE(message.error);

  message = parser.Parse(
      R"({"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no"}})");
  EXPECT_EQ(message.kind, Kind::kResponse);
  ASSERT_TRUE(message.error);
  EXPECT_EQ(message.error->code, ErrorCode::kMethodNotFound);
  EXPECT_EQ(message.error->message, "no");

  message = parser.Parse(
      R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}})");
  EXPECT_EQ(message.kind, Kind::kResponse);
  EXPECT_EQ(message.id, RequestId());
}

// So that two peers cannot send each other errors forever.
TEST(MessageTest, TakesBrokenResponsesForResponses) {
  MessageParser parser;
  for (const std::string_view body :
       {R"({"id":{},"result":1})", R"({"id":1.5,"error":"text"})",
        R"({"error":{"code":"x"}})", R"({"result":1})",
        R"({"jsonrpc":"2.0","id":1})", "{}"}) {
    EXPECT_EQ(parser.Parse(body).kind, Kind::kResponse) << body;
  }
}

struct Refusal {
  std::string_view body;
  ErrorCode code;
  std::string_view message;
  RequestId id = {};
};

TEST(MessageTest, SaysWhyAMessageIsRefused) {
  constexpr auto kParse = ErrorCode::kParseError;
  constexpr auto kInvalid = ErrorCode::kInvalidRequest;
  const std::vector<Refusal> refusals = {
      {"", kParse, "not valid JSON"},
      {" ", kParse, "not valid JSON"},
      {"{", kParse, "not valid JSON"},
      {"{}{}", kParse, "not valid JSON"},
      {R"({"a":1,})", kParse, "not valid JSON"},
      {R"({"method":"\x"})", kParse, "not valid JSON"},
      {"{\"method\":\"\xff\"", kParse, "it is not UTF-8"},
      {"[]", kInvalid, "batches are not supported"},
      {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", kInvalid, "batches"},
      {"5", kInvalid, "expected a JSON object"},
      {"\"text\"", kInvalid, "expected a JSON object"},
      {"null", kInvalid, "expected a JSON object"},
      {R"({"params":{}})", kInvalid, "jsonrpc: expected \"2.0\""},
      {R"({"id":5,"method":"m"})", kInvalid, "jsonrpc", RequestId(int64_t{5})},
      {R"({"jsonrpc":2.0,"id":"a","method":"m"})", kInvalid, "jsonrpc",
       RequestId("a")},
      {R"({"jsonrpc":"1.0","id":5,"method":"m"})", kInvalid, "jsonrpc",
       RequestId(int64_t{5})},
      {R"({"jsonrpc":"2.0","id":5,"params":{}})", kInvalid,
       "method: expected a string, got nothing", RequestId(int64_t{5})},
      {R"({"jsonrpc":"2.0","id":5,"method":6})", kInvalid,
       "method: expected a string, got the number 6", RequestId(int64_t{5})},
      {R"({"jsonrpc":"2.0","id":5,"method":"m","params":6})", kInvalid,
       "params: expected an object or an array, got the number 6",
       RequestId(int64_t{5})},
      {R"({"jsonrpc":"2.0","id":null,"method":"m"})", kInvalid,
       "id: expected an integer or a string, got null"},
      {R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", kInvalid,
       "id: expected an integer or a string, got the number 1.5"},
      {R"({"jsonrpc":"2.0","id":[1],"method":"m"})", kInvalid,
       "id: expected an integer or a string, got an array"},
      {R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"m"})", kInvalid,
       "id: expected an integer or a string"},
  };
  MessageParser parser;
  for (const Refusal& refusal : refusals) {
    const Message message = parser.Parse(refusal.body);
    EXPECT_EQ(message.kind, Kind::kInvalid) << refusal.body;
    ASSERT_TRUE(message.error) << refusal.body;
    EXPECT_EQ(message.error->code, refusal.code) << refusal.body;
    EXPECT_THAT(message.error->message, HasSubstr(refusal.message))
        << refusal.body;
    EXPECT_EQ(message.id, refusal.id) << refusal.body;
  }
}

TEST(MessageTest, ReadsWhatWasPlainlyMeant) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("# \ud83d")", "\"# \xEF\xBF\xBD\""},
      {R"("\udc00\ud83d\ude00\ud83dx")",
       "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBDx\""},
      {R"("\ud83d\\\u00e4")", "\"\xEF\xBF\xBD\\\\\xC3\xA4\""},
      {"\"a\xff\xed\xa0\x80z\"",
       "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\""},
      {"\"tab\tnewline\nnull" + std::string(1, '\0') + "\"",
       R"("tab\tnewline\nnull\u0000")"},
      {"NaN", "null"},
  };
  MessageParser parser;
  for (const auto& [value, meant] : cases) {
    const Message message = parser.Parse(
        R"({"jsonrpc":"2.0","method":"m","params":[)" + value + "]}");
    ASSERT_EQ(message.kind, Kind::kNotification) << value;
    EXPECT_EQ(Payload(message), "[" + meant + "]");
  }
  for (const char* number :
       {"1e999", "Infinity", "123456789012345678901234567890"}) {
    const Message message = parser.Parse(
        std::string(R"({"jsonrpc":"2.0","method":"m","params":[-)") + number +
        "," + number + "]}");
    ASSERT_EQ(message.kind, Kind::kNotification) << number;
    std::vector<uint32_t> values;
    ASSERT_TRUE(FromJson(*message.payload, &values)) << number;
    EXPECT_THAT(values, ::testing::ElementsAre(0U, 4294967295U)) << number;
  }
}

TEST(MessageTest, BoundsTheDepth) {
  const auto nested = [](size_t depth) {
    return R"({"jsonrpc":"2.0","method":"m","params":)" +
           std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  MessageParser parser;
  EXPECT_EQ(parser.Parse(nested(150)).kind, Kind::kNotification);
  for (const size_t depth : {size_t{300}, size_t{5000}, size_t{1} << 20}) {
    const Message message = parser.Parse(nested(depth));
    EXPECT_EQ(message.kind, Kind::kInvalid) << depth;
    EXPECT_EQ(message.error->code, ErrorCode::kParseError) << depth;
  }
  EXPECT_EQ(parser.Parse(nested(1)).kind, Kind::kNotification);
}

TEST(MessageTest, ReadsSmallMessagesAfterABigOne) {
  MessageParser parser;
  const std::string big = R"({"jsonrpc":"2.0","method":"m","params":[")" +
                          std::string(size_t{6} << 20, 'x') + "\"]}";
  EXPECT_EQ(parser.Parse(big).kind, Kind::kNotification);
  const Message message = parser.Parse(R"({"jsonrpc":"2.0","method":"n"})");
  EXPECT_EQ(message.method, "n");
}

TEST(MessageTest, ReadsIdsWrittenAsWholeFloats) {
  MessageParser parser;
  const Message message =
      parser.Parse(R"({"jsonrpc":"2.0","id":3.0,"method":"m"})");
  EXPECT_EQ(message.id, RequestId(int64_t{3}));
}

TEST(MessageTest, WritesWhatItReads) {
  const RequestId id("a\"b");
  MessageParser parser;
  Message message =
      parser.Parse(RequestText(id, "x/\"y\"", RawJson{R"({"z":1})"}));
  EXPECT_EQ(message.kind, Kind::kRequest);
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.method, "x/\"y\"");
  EXPECT_EQ(Payload(message), R"({"z":1})");

  message = parser.Parse(NotificationText("n", RawJson{"[1]"}));
  EXPECT_EQ(message.kind, Kind::kNotification);
  EXPECT_EQ(Payload(message), "[1]");

  message = parser.Parse(ResponseText(int64_t{-4}, RawJson{"true"}));
  EXPECT_EQ(message.kind, Kind::kResponse);
  EXPECT_EQ(message.id, RequestId(int64_t{-4}));
  EXPECT_EQ(Payload(message), "true");

  message = parser.Parse(
      ErrorText({}, MakeError(ErrorCode::kServerCancelled, "cut \xF0\x9F")));
  EXPECT_EQ(message.kind, Kind::kResponse);
  EXPECT_EQ(message.id, RequestId());
  EXPECT_EQ(message.error->code, ErrorCode::kServerCancelled);
  EXPECT_EQ(message.error->message, "cut \uFFFD\uFFFD");
}

}  // namespace
}  // namespace krait::lsp
