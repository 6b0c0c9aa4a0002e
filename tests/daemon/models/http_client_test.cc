// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace krait::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Answers by URL, and notes who was told the token.
class FakeTransport : public Transport {
 public:
  void Redirect(const std::string& from, const std::string& to) {
    answers_[from] = {302, to};
  }
  void Answer(const std::string& url, int status) {
    answers_[url] = {status, ""};
  }

  base::Status Get(const HttpRequest& request, const HttpSink& sink) override {
    std::string asked = request.url.Text();
    for (const std::string& header : request.headers) {
      if (header.starts_with("Authorization")) asked += " " + header;
    }
    asked_.push_back(asked);
    const auto& [status, location] = answers_.at(request.url.Text());
    if (status == 0) {
      return base::MakeError(base::ErrorCode::kIo, "the network is down");
    }
    HttpHead head{.status = status, .url = {}, .headers = {}};
    if (!location.empty()) head.headers.emplace_back("location", location);
    if (auto told = sink.head(head); !told) return told;
    return sink.body("body");
  }

  std::vector<std::string> asked_;

 private:
  std::map<std::string, std::pair<int, std::string>> answers_;
};

class HttpClientTest : public testing::Test {
 protected:
  base::Result<HttpText> Get(const std::string& url) {
    return client_.GetText(*ParseUrl(url), "*/*", 100);
  }

  FakeTransport transport_;
  std::vector<std::chrono::seconds> pauses_;
  HttpClient client_{transport_,
                     {.token = "t", .origin = "https://hub:443"},
                     {.attempts = 3, .sleep = [this](std::chrono::seconds s) {
                        pauses_.push_back(s);
                      }}};
};

TEST_F(HttpClientTest, TheTokenIsToldToItsOriginOnly) {
  transport_.Redirect("https://hub/a", "/b");
  transport_.Redirect("https://hub/b", "https://cdn/c");
  transport_.Redirect("https://cdn/c", "https://hub/d");  // and back
  transport_.Answer("https://hub/d", 200);
  ASSERT_TRUE(Get("https://hub/a"));
  const std::string token = " Authorization: Bearer t";
  EXPECT_THAT(transport_.asked_,
              ElementsAre("https://hub/a" + token, "https://hub/b" + token,
                          "https://cdn/c", "https://hub/d"));
  transport_.asked_.clear();
  for (const char* other :
       {"https://hub:444/", "http://hub/", "https://hub.x/", "https://xhub/"}) {
    transport_.Answer(other, 200);
    ASSERT_TRUE(Get(other));
    EXPECT_EQ(transport_.asked_.back(), other);
  }
}

TEST_F(HttpClientTest, EncryptionIsNotLost) {
  transport_.Redirect("https://hub/a", "http://hub/b");
  EXPECT_THAT(Get("https://hub/a").error().message, HasSubstr("not encrypted"));
  EXPECT_EQ(transport_.asked_.size(), 1);
}

TEST_F(HttpClientTest, RedirectionsEnd) {
  transport_.Redirect("https://hub/a", "/a");
  EXPECT_THAT(Get("https://hub/a").error().message, HasSubstr("redirections"));
  transport_.Redirect("https://hub/a", "file:///etc/passwd");
  EXPECT_THAT(Get("https://hub/a").error().message, HasSubstr("leads to"));
}

TEST_F(HttpClientTest, WhatMayPassIsTriedAgain) {
  using std::chrono::seconds;
  for (const int status : {0, 429, 503}) {
    transport_.Answer("https://hub/a", status);
    transport_.asked_.clear();
    pauses_.clear();
    const auto text = Get("https://hub/a");
    EXPECT_EQ(text.has_value(), status != 0);
    EXPECT_EQ(transport_.asked_.size(), 3);
    EXPECT_THAT(pauses_, ElementsAre(seconds(1), seconds(2)));
  }
  transport_.Answer("https://hub/a", 404);
  transport_.asked_.clear();
  EXPECT_EQ(Get("https://hub/a")->head.status, 404);
  EXPECT_EQ(transport_.asked_.size(), 1);
}

TEST_F(HttpClientTest, AnswersAreBounded) {
  transport_.Answer("https://hub/a", 200);
  EXPECT_THAT(
      client_.GetText(*ParseUrl("https://hub/a"), "*/*", 3).error().message,
      HasSubstr("at most 3 bytes"));
}

TEST(RetryPolicyTest, AServerMaySayHowLong) {
  const RetryPolicy policy;
  HttpHead head;
  EXPECT_EQ(policy.Pause(3, head).count(), 4);
  head.headers.emplace_back("retry-after", "17");
  EXPECT_EQ(policy.Pause(1, head).count(), 17);
  head.headers.emplace_back("retry-after", "86400");
  EXPECT_EQ(policy.Pause(1, head).count(), 60);
}

}  // namespace
}  // namespace krait::models
