// SPDX-License-Identifier: Apache-2.0
//
// krait's own: the page and what it asks for, and repositories in OpenAI's
// chat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "base/json_text.h"
#include "daemon/http/embedded_page.h"
#include "daemon/http/repository_chat.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/indexer.h"
#include "tests/daemon/http/fake_vocabulary.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

HttpReply RootFor(std::string accept) {
  const auto work =
      FindRoute("GET", "/")
          .route->read(
              {.method = "GET", .path = "/", .accept = std::move(accept)},
              FakeView());
  return std::get<HttpReply>(*work);
}

std::string FieldOf(const HttpReply& reply, std::string_view name) {
  for (const auto& [field, value] : reply.fields) {
    if (field == name) return value;
  }
  return {};
}

TEST(KraitDialectTest, BrowsersGetThePageAndProgramsAWord) {
  if (kEmbeddedPage.html.empty()) GTEST_SKIP() << "built without the page";
  const HttpReply page = RootFor("text/html,application/xhtml+xml,*/*;q=0.8");
  EXPECT_THAT(page.body, HasSubstr("<title>krait</title>"));
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(RootFor("*/*").body, "krait is running\n");
  EXPECT_EQ(FieldOf(RootFor("*/*"), "Vary"), "Accept");
}

TEST(KraitDialectTest, ThePageMayLoadItsOwnFilesOnly) {
  if (kEmbeddedPage.html.empty()) GTEST_SKIP() << "built without the page";
  for (const char* const path : {"/page.js", "/page.css", "/icon.svg"}) {
    const FoundRoute found = FindRoute("GET", path);
    ASSERT_NE(found.route, nullptr) << path;
    EXPECT_TRUE(found.route->open);
    const auto work = found.route->read({.path = path}, FakeView());
    ASSERT_TRUE(work);
    const auto& reply = std::get<HttpReply>(*work);
    EXPECT_FALSE(reply.body.empty());
    const std::string policy = FieldOf(reply, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  }
  // No text of the page brings something along that the policy would stop.
  for (const char* const inside :
       {"<script>", "<style", " style=", " onclick"}) {
    EXPECT_THAT(std::string(kEmbeddedPage.html), Not(HasSubstr(inside)));
  }
}

TEST(KraitDialectTest, TheStateHasTokensLatencyAndMemory) {
  HttpView view = FakeView(/*chats=*/false);
  completion::CompletionTrace trace;
  trace.tokens_reused = 5;
  trace.tokens_replayed = 2;
  trace.tokens_computed = 3;
  view.statistics.Add(trace, std::chrono::milliseconds(8));
  view.host.warm.held_bytes = 77;
  const auto state = base::JsonOf(ReplyFor("/krait/state", "", "GET", view));
  EXPECT_EQ(state.at("tokens").at("reused"), 7);
  EXPECT_EQ(state.at("tokens").at("computed"), 3);
  EXPECT_EQ(state.at("latency_ms").at("whole").at("p50").to_number<double>(),
            8.0);
  EXPECT_EQ(state.at("states").at("held_bytes"), 77);
  EXPECT_EQ(state.at("model").at("name"), "fake");
  EXPECT_EQ(state.at("model").at("no_chat"), "it was not trained to");
  EXPECT_EQ(state.at("model").as_object().contains("path"), false);
}

TEST(KraitDialectTest, TheStateIsThereBeforeTheModel) {
  HttpView view;
  EXPECT_FALSE(FindRoute("GET", "/krait/state").route->needs_model);
  const auto state = base::JsonOf(ReplyFor("/krait/state", "", "GET", view));
  EXPECT_EQ(state.at("model").at("ready"), false);
}

class RepositoryChatTest : public repository::RepositoryTest {
 protected:
  void SetUp() override {
    RepositoryTest::SetUp();
    Write("settings.py",
          "def read_settings(path):\n"
          "    \"\"\"Reads the settings file.\"\"\"\n"
          "    return open(path).read()\n");
    access_->state_home = folder_ / "state";
    ASSERT_TRUE(repository::UpdateIndex(
        {.index = repository::IndexFile(access_->state_home, root_),
         .root = root_}));
  }
  HttpView View(bool chats) const {
    HttpView view = FakeView(chats);
    view.repositories = access_;
    return view;
  }
  base::Result<ReadyWork> Run(const base::Result<HttpWork>& work) const {
    if (!work) return work.error();
    return std::get<SlowWork>(*work).run(std::stop_token());
  }
  base::Result<ReadyWork> Ask(const std::string& question, bool chats,
                              bool stream = false,
                              std::string directory = {}) const {
    if (directory.empty()) directory = root_.string();
    return Run(ReadFor("/v1/chat/completions",
                       base::CompactJsonText(boost::json::object{
                           {"messages",
                            {{{"role", "user"}, {"content", "Hello"}},
                             {{"role", "assistant"}, {"content", "Hello."}},
                             {{"role", "user"}, {"content", question}}}},
                           {"stream", stream},
                           {"krait", {{"repository", directory}}}}),
                       View(chats)));
  }

  std::shared_ptr<RepositoryAccess> access_ =
      std::make_shared<RepositoryAccess>();
};

constexpr const char* kQuestion = "Where is the settings file read?";

TEST_F(RepositoryChatTest, WithoutAModelThatChatsThePassagesAreTheAnswer) {
  const auto work = Ask(kQuestion, /*chats=*/false);
  ASSERT_TRUE(work) << work.error().message;
  const auto answer = base::JsonOf(std::get<HttpReply>(*work).body);
  const auto& about = answer.at("krait");
  EXPECT_EQ(about.at("found"), true);
  EXPECT_EQ(about.at("repository").as_string(), root_.string());
  const auto& place = about.at("citations").at(0);
  EXPECT_EQ(place.at("path"), "settings.py");
  EXPECT_EQ(place.at("line"), 1);
  EXPECT_THAT(std::string(place.at("text").as_string()),
              HasSubstr("def read_settings"));
  const auto& message = answer.at("choices").at(0).at("message");
  EXPECT_THAT(std::string(message.at("content").as_string()),
              HasSubstr("settings.py:1-3"));
}

TEST_F(RepositoryChatTest, StreamsThem) {
  const auto work = Ask(kQuestion, /*chats=*/false, /*stream=*/true);
  ASSERT_TRUE(work) << work.error().message;
  const auto& reply = std::get<HttpReply>(*work);
  EXPECT_EQ(reply.content_type, "text/event-stream");
  EXPECT_THAT(reply.body,
              HasSubstr("\"citations\":[{\"path\":\"settings.py\""));
  EXPECT_TRUE(reply.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(RepositoryChatTest, WhatIsNotThereIsSaidWithoutTheModel) {
  for (const bool chats : {false, true}) {
    const auto work = Ask("zyxwv qqq?", chats);
    ASSERT_TRUE(work) << work.error().message;
    const auto answer = base::JsonOf(std::get<HttpReply>(*work).body);
    EXPECT_EQ(answer.at("krait").at("found"), false);
    EXPECT_EQ(answer.at("choices").at(0).at("message").at("content"),
              "Not found in this repository.\n");
  }
}

TEST_F(RepositoryChatTest, TheModelIsShownPassagesAndItsPlacesAreChecked) {
  auto work = Ask(kQuestion, /*chats=*/true);
  ASSERT_TRUE(work) << work.error().message;
  auto& text = std::get<TextWork>(*work);
  const FakeVocabulary vocabulary;
  const std::string prompt = vocabulary.Text(text.request.pieces, true);
  EXPECT_THAT(prompt, HasSubstr("user:Hello|assistant:Hello.|user:Passages"));
  EXPECT_THAT(prompt, HasSubstr("def read_settings"));
  EXPECT_TRUE(prompt.ends_with(std::string(kQuestion) + "|")) << prompt;
  TextAnswer answer = AnswerAb();
  answer.choices[0].text = "There [settings.py:1-3] or there [made/up.py:9].";
  const auto whole = base::JsonOf(text.writer->Whole(answer));
  EXPECT_EQ(whole.at("krait").at("citations").as_array().size(), 1U);
  EXPECT_EQ(whole.at("krait").at("dropped").at(0).at("text"), "[made/up.py:9]");
  EXPECT_THAT(
      std::string(
          whole.at("choices").at(0).at("message").at("content").as_string()),
      Not(HasSubstr("made/up")));
}

TEST_F(RepositoryChatTest, AStreamEndsWithTheAnswerAsItWasChecked) {
  auto work = Ask(kQuestion, /*chats=*/true, /*stream=*/true);
  ASSERT_TRUE(work) << work.error().message;
  auto& text = std::get<TextWork>(*work);
  TextAnswer answer = AnswerAb();
  answer.choices[0].text = " See [settings.py:1] [no.py:2].";
  const std::string end = text.writer->Whole(answer);
  EXPECT_THAT(end, HasSubstr("\"found\":true"));
  EXPECT_THAT(end, HasSubstr("\"answer\":\"See [settings.py:1]"));
}

TEST_F(RepositoryChatTest, OnlyWhatHasAnIndexIsRead) {
  const auto elsewhere = Ask(kQuestion, false, false, folder_.string());
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("krait index"));
  EXPECT_FALSE(Ask(kQuestion, false, false, "."));
  std::filesystem::create_directories(root_ / "inside");
  EXPECT_TRUE(Ask(kQuestion, false, false, (root_ / "inside").string()));
}

TEST_F(RepositoryChatTest, FilesThatMayNotBeReadAreNot) {
  EXPECT_TRUE(access_->rules.Join({"settings.py"}));
  const auto work = Ask(kQuestion, /*chats=*/false);
  ASSERT_TRUE(work) << work.error().message;
  EXPECT_THAT(std::get<HttpReply>(*work).body, Not(HasSubstr("read_settings")));
}

TEST_F(RepositoryChatTest, TheLastMessageIsAQuestion) {
  const auto work =
      ReadFor("/v1/chat/completions",
              R"({"messages": [{"role": "assistant", "content": "a"}],
          "krait": {"repository": "/"}})",
              View(true));
  ASSERT_FALSE(work);
  EXPECT_THAT(work.error().message, HasSubstr("messages: expected a question"));
}

TEST_F(RepositoryChatTest, ListsThoseThatThereAre) {
  const auto work = Run(ReadFor("/krait/repositories", "", View(true), "GET"));
  ASSERT_TRUE(work);
  const auto listed = base::JsonOf(std::get<HttpReply>(*work).body);
  EXPECT_EQ(listed.at("repositories"), boost::json::array({root_.string()}));
}

}  // namespace
}  // namespace krait::daemon
