// SPDX-License-Identifier: Apache-2.0
//
// What a session let the model read, and may not be read any more: all that
// came of it is forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/session/session_fixture.h"

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ForbiddingTest : public LspSessionTest {
 protected:
  // The model's thread calls what counts until the host has ended.
  ~ForbiddingTest() override {
    session_.reset();
    host_.reset();
  }
  void StartCounting() {
    auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
    generator->set_on_forget([this](const completion::ForgetScope& scope) {
      const std::lock_guard lock(mutex_);
      for (const std::string& path : scope.paths) forgotten_.push_back(path);
    });
    Start(std::move(generator));
    (void)sent_->Take();
  }
  // The user asks; returns the answer. What was to be forgotten before is.
  std::string Complete(const std::string& uri) {
    AskIn(uri, 7, 4, "textDocument/inlineCompletion", 1);
    for (;;) {
      for (const std::string& message : sent_->Take()) {
        if (message.find("\"id\":7") != std::string::npos) return message;
      }
      calls_.RunOne();
    }
  }
  void Forbid(const std::string& globs) {
    Receive(fmt::format(
        R"("method":"workspace/didChangeConfiguration","params":{{"settings":
        {{"krait":{{"completion":{{"disabled_files":{}}}}}}}}})",
        globs));
  }
  std::vector<std::string> Forgotten() {
    const std::lock_guard lock(mutex_);
    return std::exchange(forgotten_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> forgotten_;
};

TEST_F(ForbiddingTest, WhatIsOpenIsForgotten) {
  StartCounting();
  Open("x = \\n");
  Open("x = \\n", "file:///p/b.txt");
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), IsEmpty());
  Forbid(R"(["*.py"])");
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("\"items\":[]"));
  EXPECT_THAT(Complete("file:///p/b.txt"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), ElementsAre("/a.py"));
  // Once is enough.
  Forbid(R"(["*.py", "*.c"])");
  EXPECT_THAT(Complete("file:///p/b.txt"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), IsEmpty());
}

TEST_F(ForbiddingTest, WhatWasClosedIsForgottenByAllItsNames) {
  patience_.look_up = [](const std::filesystem::path& path) {
    return path == "/a.py" ? FileFacts{.real_paths = {"/real/a.py"}}
                           : FileFacts{};
  };
  StartCounting();
  Open("x = \\n", "file:///p/b.txt");
  Open("x = \\n");
  Receive(R"("method":"textDocument/didClose","params":{"textDocument":
    {"uri":"file:///a.py"}})");
  Forbid(R"(["real/**"])");
  EXPECT_THAT(Complete("file:///p/b.txt"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), ElementsAre("/a.py", "/real/a.py"));
}

TEST_F(ForbiddingTest, WhatWasNeverReadNeedsNoForgetting) {
  StartCounting();
  Open("x = \\n");
  BeginOpen("KEY=1", "file:///p/.env");
  calls_.RunOne();
  Forbid(R"(["*.env"])");
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), IsEmpty());
}

// The user may have meant to forbid any of it.
TEST_F(ForbiddingTest, AListThatCannotBeReadForbidsAll) {
  StartCounting();
  Open("x = \\n");
  Forbid(R"("*.env")");
  Forbid(R"(["*.env"])");
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("foo(1)"));
  EXPECT_THAT(Forgotten(), ElementsAre("/a.py"));
}

TEST_F(ForbiddingTest, ALinkThatMovesIsNoticedWithTheNextChange) {
  std::mutex mutex;
  FileFacts facts{.real_paths = {"/p/public.txt"}};
  patience_.of_files.again_after = std::chrono::milliseconds(0);
  patience_.look_up = [&](const std::filesystem::path&) {
    const std::lock_guard lock(mutex);
    return facts;
  };
  StartCounting();
  Open("x = \\n");
  Insert(2, 0, "y");
  calls_.RunOne();  // it lies where it did
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("foo(1)"));
  {
    const std::lock_guard lock(mutex);
    facts.real_paths = {"/home/u/.env"};
  }
  Insert(3, 0, "y");
  calls_.RunOne();
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("\"items\":[]"));
  Open("x = \\n", "file:///p/b.txt");
  {
    const std::lock_guard lock(mutex);
    facts.real_paths = {"/p/public.txt"};
  }
  // What was read by the other name is in the text still.
  Insert(4, 0, "y");
  calls_.RunOne();
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("\"items\":[]"));
  EXPECT_THAT(Explain("file:///a.py"), HasSubstr("disabled_files"));
}

TEST_F(ForbiddingTest, WhatWasShownOfItIsNotKept) {
  StartCounting();
  Open("x = \\n");
  EXPECT_THAT(Complete("file:///a.py"), HasSubstr("foo(1)"));
  EXPECT_THAT(Explain("file:///a.py"), HasSubstr("foo(1)"));
  Forbid(R"(["*.py"])");
  EXPECT_THAT(Explain("file:///a.py"), HasSubstr("\"result\":null"));
}

}  // namespace
}  // namespace krait::daemon
