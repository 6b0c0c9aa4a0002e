// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/infill_client.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/tools/bench/keystroke_bench.h"

namespace krait::daemon {
namespace {

TEST(InfillClientTest, ParsesAddresses) {
  const auto check = [](const std::string& url, const std::string& host,
                        unsigned port, const std::string& target) {
    const auto server = InfillServer::Parse(url, /*allow_remote=*/false);
    ASSERT_TRUE(server) << server.error().message;
    EXPECT_EQ(server->host, host);
    EXPECT_EQ(server->port, port);
    EXPECT_EQ(server->target, target);
  };
  check("http://127.0.0.1:8012", "127.0.0.1", 8012, "/infill");
  check("http://localhost", "localhost", 80, "/infill");
  check("http://127.1.2.3:1/", "127.1.2.3", 1, "/infill");
  check("http://[::1]:8012/v2/infill", "::1", 8012, "/v2/infill");
}

TEST(InfillClientTest, RefusesWhatIsNoAddress) {
  for (const char* url :
       {"", "127.0.0.1:8012", "https://127.0.0.1", "http://", "http://:80",
        "http://127.0.0.1:", "http://127.0.0.1:0", "http://127.0.0.1:65536",
        "http://127.0.0.1:80a", "http://[::1"}) {
    const auto server = InfillServer::Parse(url, /*allow_remote=*/true);
    ASSERT_FALSE(server) << url;
    EXPECT_EQ(server.error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_TRUE(server.error().message.starts_with("--against "));
  }
}

TEST(InfillClientTest, KeepsTheTextOnThisMachineUnlessTold) {
  for (const char* url : {"http://192.0.2.1:80", "http://example.org/",
                          "http://127.0.0.1.example.org"}) {
    EXPECT_FALSE(InfillServer::Parse(url, /*allow_remote=*/false)) << url;
    EXPECT_TRUE(InfillServer::Parse(url, /*allow_remote=*/true)) << url;
  }
}

TEST(InfillClientTest, LaysOutAPromptOfItsOwn) {
  const auto server = InfillServer::Parse(
      "http://127.0.0.1:8012", /*allow_remote=*/false,
      {.completion = true, .prompt = "<S>{suffix}<P>{prefix}<M>"});
  ASSERT_TRUE(server);
  EXPECT_EQ(server->target, "/completion");
  const std::string body = InfillBody(
      {.prefix = "a {suffix}\n", .prompt = "b", .suffix = "{prefix}"},
      server->dialect);
  EXPECT_NE(body.find(R"("prompt": "<S>{prefix}<P>a {suffix}\nb<M>")"),
            std::string::npos)
      << body;
  EXPECT_EQ(body.find("input_prefix"), std::string::npos);
}

TEST(InfillClientTest, ReadsTimings) {
  const auto answer = ParseInfillAnswer(
      R"({"content":"x","timings":{"cache_n":3,"prompt_n":2050,
          "prompt_ms":310.5,"predicted_n":16,"predicted_ms":9.5}})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->content, "x");
  EXPECT_EQ(answer->tokens_reused, 3);
  EXPECT_EQ(answer->tokens_computed, 2050);
  EXPECT_EQ(answer->tokens_generated, 16);
  EXPECT_EQ(answer->prefill_ms, 310.5);
  EXPECT_EQ(answer->decode_ms, 9.5);
}

TEST(InfillClientTest, DoesWithoutTimings) {
  for (const char* body :
       {R"({"content":""})", R"({"content":"","timings":null})",
        R"({"content":"","timings":{"prompt_n":"many"}})"}) {
    const auto answer = ParseInfillAnswer(body);
    ASSERT_TRUE(answer) << body;
    EXPECT_FALSE(answer->tokens_computed.has_value());
  }
}

TEST(InfillClientTest, RefusesOtherAnswers) {
  for (const char* body :
       {"", "no", "[]", "{}", R"({"content":1})", R"({"content":"x")"}) {
    EXPECT_FALSE(ParseInfillAnswer(body)) << body;
  }
}

TEST(InfillWindowTest, ShowsWholeLinesAroundTheCursors) {
  const std::string text = "one\ntwo\nthree\nfour\nfive\n";
  const auto window = InfillWindow(text, text.find("ree"), 1, 1);
  EXPECT_EQ(window.prefix, "two\n");
  EXPECT_EQ(window.prompt, "th");
  EXPECT_EQ(window.suffix, "ree\nfour\n");
  const auto all = InfillWindow(text, text.find("ree"), 99, 99);
  EXPECT_EQ(all.prefix + all.prompt + all.suffix, text);
  const auto line = InfillWindow(text, text.find("ree"), 0, 0);
  EXPECT_EQ(line.prefix + line.prompt + line.suffix, "three\n");
  const auto nothing = InfillWindow("", 0, 9, 9);
  EXPECT_EQ(nothing.prefix + nothing.prompt + nothing.suffix, "");
}

}  // namespace
}  // namespace krait::daemon
