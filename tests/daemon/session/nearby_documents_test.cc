// SPDX-License-Identifier: Apache-2.0
//
// What else is open in an editor is what a completion is reminded of, if it may
// be read.
#include "daemon/session/nearby_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon/fake_generator.h"
#include "tests/daemon/session/session_fixture.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NearbyDocumentsTest : public LspSessionTest {
 protected:
  // Completes in a.py; returns the texts that the model was reminded of.
  std::vector<std::string> Reminded(const FakeGenerator& fake) {
    Ask(++id_, 4, "textDocument/inlineCompletion");
    calls_.RunOne();
    (void)sent_->Take();
    return fake.others;
  }
  const FakeGenerator& StartFake() {
    auto generator = std::make_unique<FakeGenerator>("foo(1)\n");
    const FakeGenerator& fake = *generator;
    Start(std::move(generator));
    Open("x = \\n");
    return fake;
  }

  int id_ = 10;
};

TEST_F(NearbyDocumentsTest, WhatIsOpenTooIsRemembered) {
  const FakeGenerator& fake = StartFake();
  EXPECT_THAT(Reminded(fake), IsEmpty());
  Open("far = 1\\n", "file:///w/far/c.py");
  Open("near = 1\\n", "file:///b.py");
  Insert(2, 0, " ");
  EXPECT_THAT(Reminded(fake), ElementsAre("near = 1\n", "far = 1\n"));
  Receive(R"("method":"textDocument/didClose","params":{"textDocument":
      {"uri":"file:///b.py"}})");
  Insert(3, 0, " ");
  EXPECT_THAT(Reminded(fake), ElementsAre("far = 1\n"));
}

TEST_F(NearbyDocumentsTest, WhatMayNotBeReadIsNot) {
  options_ = R"({"krait":{"completion":{"disabled_files":["secrets/**"]}}})";
  const FakeGenerator& fake = StartFake();
  Open("TOKEN = 1\\n", "file:///w/secrets/keys.py");
  Open("PASSWORD=1\\n", "file:///w/.env");
  Open("shown = 1\\n", "file:///w/b.py");
  Insert(2, 0, " ");
  EXPECT_THAT(Reminded(fake), ElementsAre("shown = 1\n"));
}

TEST(DocumentTextTest, ItsLinesEndAsThoseOfTheDocumentAtHand) {
  auto document = std::make_shared<lsp::Document>();
  document->text = lsp::Text("a\r\nb\rc\n");
  const DocumentText text(document);
  EXPECT_EQ(text.Read(100), "a\nb\rc\n");
  EXPECT_EQ(text.Read(1), "a");
}

TEST(NearbyDocumentsTextTest, OneTextForEachState) {
  NearbyDocuments nearby;
  const auto first = std::make_shared<lsp::Document>();
  const auto second = std::make_shared<lsp::Document>();
  const auto text = nearby.TextOf(first);
  EXPECT_EQ(nearby.TextOf(first).source, text.source);
  EXPECT_NE(nearby.TextOf(second).source, text.source);
}

}  // namespace
}  // namespace krait::daemon
