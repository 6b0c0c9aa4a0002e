// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(GreetingTest, SurvivesTheWay) {
  Greeting sent;
  sent.purpose = "lsp";
  sent.model = "/models/a \"b\"\n.gguf";
  sent.settings = R"({"completion":{"max_tokens":3}})";
  const std::string line = ToLine(sent);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  const auto got = ParseGreeting(line);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->protocol, kProtocolVersion);
  EXPECT_EQ(got->version, KRAIT_VERSION);
  EXPECT_EQ(got->purpose, sent.purpose);
  EXPECT_EQ(got->model, sent.model);
  EXPECT_EQ(got->settings, sent.settings);
}

TEST(GreetingTest, WelcomeSurvivesTheWay) {
  Welcome sent;
  sent.pid = 42;
  sent.threads = 3;
  sent.refused = kRefusedModel;
  sent.reason = "another model";
  const auto got = ParseWelcome(ToLine(sent));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->pid, 42);
  EXPECT_EQ(got->threads, 3);
  EXPECT_EQ(got->refused, kRefusedModel);
  EXPECT_EQ(got->reason, "another model");
}

TEST(GreetingTest, OtherVersionsMembersAreIgnoredAndMissingOnesAreEmpty) {
  const auto got = ParseGreeting(R"({"colour": "blue"})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->protocol, 0);
  EXPECT_EQ(got->version, "");
}

TEST(GreetingTest, ErrorsNameTheMember) {
  const auto message = [](std::string_view line) {
    const auto got = ParseGreeting(line);
    return got ? "no error" : got.error().message;
  };
  EXPECT_THAT(message("hello"), StartsWith("greeting: not valid JSON: "));
  EXPECT_EQ(message("[1]"), "greeting: expected an object, got an array");
  EXPECT_EQ(message(R"({"model": 7})"),
            "greeting: model: expected a string, got the number 7");
  EXPECT_EQ(message(R"({"protocol": 1.5})"),
            "greeting: protocol: expected an integer, got the number 1.5");
  EXPECT_EQ(message(R"({"settings": [1]})"),
            "greeting: settings: expected an object, got an array");
  EXPECT_THAT(message(std::string(1000, '[')),
              StartsWith("greeting: not valid JSON: "));
}

TEST(GreetingTest, ControlRequestsHaveNames) {
  EXPECT_EQ(ParseControlRequest(R"({"request": "stop"})")->name, "stop");
  EXPECT_EQ(ParseControlRequest("{}")->name, "");
  EXPECT_FALSE(ParseControlRequest("stop"));
}

TEST(GreetingTest, WhatIsToBeForgottenIsAsItWasSent) {
  const ControlRequest sent{
      .name = "forget",
      .scope = {.all = false, .paths = {"/home/me/a \"b\"", "/c"}}};
  const auto request = ParseControlRequest(ToLine(sent));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->name, "forget");
  EXPECT_FALSE(request->scope.all);
  EXPECT_EQ(request->scope.paths, sent.scope.paths);
  EXPECT_TRUE(
      ParseControlRequest(
          ToLine(ControlRequest{.name = "forget", .scope = {.all = true}}))
          ->scope.all);
  EXPECT_FALSE(ParseControlRequest(R"({"request": "forget", "paths": [1]})"));
  EXPECT_FALSE(ParseControlRequest(R"({"request": "forget", "all": 1})"));
}

TEST(GreetingTest, AScopeIsWhatLiesInIt) {
  const completion::ForgetScope scope{.paths = {"/home/me/secret", "/b/"}};
  EXPECT_TRUE(scope.Covers("/home/me/secret"));
  EXPECT_TRUE(scope.Covers("/home/me/secret/sub/a.py"));
  EXPECT_TRUE(scope.Covers("/b/a"));
  EXPECT_FALSE(scope.Covers("/home/me/secrets/a.py"));
  EXPECT_FALSE(scope.Covers("/home/me"));
  EXPECT_TRUE(completion::ForgetScope{.paths = {"/"}}.Covers("/a"));
  EXPECT_TRUE(completion::ForgetScope{.all = true}.Covers("/a"));
}

TEST(GreetingTest, VersionsCompareAsNumbers) {
  EXPECT_LT(CompareVersions("0.9", "0.10.1"), 0);
  EXPECT_GT(CompareVersions("1.0.0", "0.99.99"), 0);
  EXPECT_EQ(CompareVersions("1.0", "1.0.0"), 0);
  EXPECT_EQ(CompareVersions("0.1.0", "0.1.0"), 0);
  EXPECT_LT(CompareVersions("", "0.0.1"), 0);
  EXPECT_LT(CompareVersions("rubbish", "0.0.1"), 0);
}

}  // namespace
}  // namespace krait::daemon
