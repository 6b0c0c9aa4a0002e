// SPDX-License-Identifier: Apache-2.0
#include "lsp/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/lsp/recording_outbox.h"

namespace krait::lsp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WindowTest : public ::testing::Test {
 protected:
  void AnswerCreate(bool agree) {
    Result<RawJson> answer = RawJson{};
    if (!agree) answer = MakeError(ErrorCode::kRequestFailed, "no");
    EXPECT_TRUE(client_->HandleResponse(int64_t{1}, answer));
  }

  static std::string Shown(const std::string& value) {
    return R"({"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":)" +
           value + "}}";
  }

  std::shared_ptr<RecordingOutbox> outbox_ =
      std::make_shared<RecordingOutbox>();
  std::shared_ptr<Client> client_ = std::make_shared<Client>(outbox_);
};

TEST_F(WindowTest, SendsMessages) {
  LogMessage(*client_, MessageType::kLog, "a \"b\"");
  ShowMessage(*client_, MessageType::kError, "c");
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","method":"window/logMessage","params":{"type":4,"message":"a \"b\""}})",
          R"({"jsonrpc":"2.0","method":"window/showMessage","params":{"type":1,"message":"c"}})"));
}

TEST_F(WindowTest, ShowsProgressOnceTheClientAgreed) {
  Progress progress(client_, "t", "Loading");
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":1,"method":"window/workDoneProgress/create","params":{"token":"t"}})"));
  progress.Report("half", 50);
  EXPECT_THAT(outbox_->Take(), IsEmpty());
  AnswerCreate(true);
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(Shown(
          R"({"kind":"begin","title":"Loading","message":"half","percentage":50})")));
  progress.Report("more", 75);
  progress.Report("on");
  progress.Finish("done");
  progress.Finish("again");
  progress.Report("late");
  EXPECT_THAT(
      outbox_->Take(),
      ElementsAre(
          Shown(R"({"kind":"report","message":"more","percentage":75})"),
          Shown(R"({"kind":"report","message":"on","percentage":75})"),
          Shown(R"({"kind":"end","message":"done"})")));
}

TEST_F(WindowTest, ShowsNothingIfTheClientRefuses) {
  Progress progress(client_, "t", "Loading");
  outbox_->Take();
  AnswerCreate(false);
  progress.Report("x");
  progress.Finish();
  EXPECT_THAT(outbox_->Take(), IsEmpty());
}

TEST_F(WindowTest, ShowsNothingIfTheTaskEndsFirst) {
  { const Progress progress(client_, "t", "Loading"); }
  outbox_->Take();
  AnswerCreate(true);
  EXPECT_THAT(outbox_->Take(), IsEmpty());
}

TEST_F(WindowTest, EndsProgressThatIsDropped) {
  {
    const Progress progress(client_, "t", "Loading");
    AnswerCreate(true);
    outbox_->Take();
  }
  EXPECT_THAT(outbox_->Take(), ElementsAre(Shown(R"({"kind":"end"})")));
}

}  // namespace
}  // namespace krait::lsp
