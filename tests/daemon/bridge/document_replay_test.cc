// SPDX-License-Identifier: Apache-2.0
#include "daemon/bridge/document_replay.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lsp/client.h"
#include "lsp/dispatcher.h"
#include "lsp/document_types.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {
namespace {

class Nowhere : public lsp::Outbox {
 public:
  void Send(std::string) override {}
};

// What a daemon makes of it.
std::string TextAfter(const std::vector<std::string>& bodies, size_t* largest) {
  lsp::DocumentStore store;
  const auto outbox = std::make_shared<Nowhere>();
  lsp::Dispatcher dispatcher(outbox, std::make_shared<lsp::Client>(outbox),
                             nullptr);
  dispatcher.OnRequest<lsp::NoParams>(
      "initialize", [](const lsp::NoParams&, const lsp::Reply& reply) {
        reply.Succeed(lsp::RawJson{});
      });
  dispatcher.OnNotification<lsp::DidOpenParams>(
      "textDocument/didOpen", [&store](const lsp::DidOpenParams& params) {
        EXPECT_TRUE(store.Open(params));
      });
  dispatcher.OnNotification<lsp::DidChangeParams>(
      "textDocument/didChange", [&store](const lsp::DidChangeParams& params) {
        EXPECT_TRUE(store.Change(params));
      });
  dispatcher.Dispatch(
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})");
  for (const std::string& body : bodies) {
    *largest = std::max(*largest, body.size());
    dispatcher.Dispatch(body);
  }
  const auto document = store.Get("file:///a");
  if (document == nullptr) return "lost";
  EXPECT_EQ(document->version, 7);
  EXPECT_EQ(document->language_id, "c");
  return document->text.ToString();
}

TEST(DocumentReplayTest, BringsATextOfAnySizeInMessagesBelowTheLimit) {
  // Line ends and characters of several bytes at every offset of a piece's
  // end, and what JSON writes in six bytes.
  std::string text(size_t{4} << 20, 'x');
  for (const std::string unit : {"\r\n", "\xF0\x9F\x98\x80", "\x01", "a\r"}) {
    while (text.size() % (size_t{4} << 20) != 0 || !text.ends_with(unit)) {
      if (text.size() % (size_t{4} << 20) > (size_t{1} << 20) &&
          text.ends_with(unit)) {
        break;
      }
      text += unit;
    }
  }
  for (const std::string& each :
       {std::string(), std::string("int a;\n"), text}) {
    const lsp::Document document{.uri = "file:///a",
                                 .language_id = "c",
                                 .version = 7,
                                 .text = lsp::Text(each)};
    size_t largest = 0;
    EXPECT_TRUE(TextAfter(OpeningOf(document), &largest) == each);
    EXPECT_LT(largest, size_t{64} << 20);
  }
}

}  // namespace
}  // namespace krait::daemon
