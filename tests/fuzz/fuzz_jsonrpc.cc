// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection: framing, messages, dispatch to all params types. Every
// request that can be read must be answered exactly once.
//
// If the first byte is below 128, the rest is what the client sends, and the
// byte says in pieces of which size it arrives. Otherwise each line of the rest
// is a body that gets a right header here, as a fuzzer would break those.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "lsp/acceptance_types.h"
#include "lsp/completion_types.h"
#include "lsp/dispatcher.h"
#include "lsp/document_store.h"
#include "lsp/document_types.h"
#include "lsp/frame.h"
#include "lsp/glimpse.h"
#include "lsp/json_repair.h"
#include "lsp/lifecycle_types.h"
#include "lsp/uri.h"

namespace krait::lsp {
namespace {

// Answers must themselves be messages.
class CheckingOutbox : public Outbox {
 public:
  void Send(std::string message) override {
    if (parser_.Parse(message).kind != Message::Kind::kResponse) std::abort();
    ++sent;
  }
  size_t sent = 0;

 private:
  MessageParser parser_;
};

template <class Params>
void Bind(Dispatcher& dispatcher, const std::string& method) {
  dispatcher.OnRequest<Params>(method, [](const Params&, const Reply& reply) {
    reply.Succeed(RawJson{});
  });
  dispatcher.OnNotification<Params>(method, [](const Params&) {});
}

// Bound by short names, which a fuzzer finds.
void BindAll(Dispatcher& dispatcher, DocumentStore& store) {
  Bind<InitializeParams>(dispatcher, "initialize");
  Bind<NoParams>(dispatcher, "shutdown");
  Bind<InlineCompletionParams>(dispatcher, "i");
  Bind<CompletionParams>(dispatcher, "c");
  Bind<ExecuteCommandParams>(dispatcher, "e");
  Bind<DidChangeConfigurationParams>(dispatcher, "s");
  Bind<ExplainParams>(dispatcher, "x");
  Bind<DidShowCompletionParams>(dispatcher, "h");
  Bind<DidPartiallyAcceptParams>(dispatcher, "p");
  Bind<DidFocusParams>(dispatcher, "f");
  Bind<DidChangeWorkspaceFoldersParams>(dispatcher, "w");
  Bind<DidChangeWatchedFilesParams>(dispatcher, "W");
  Bind<RawJson>(dispatcher, "r");
  dispatcher.OnNotification<DidOpenParams>(
      "o", [&store](const DidOpenParams& params) {
        (void)UriToPath(params.uri);
        (void)PathOfUri(params.uri);
        (void)PathsInUri(params.uri);
        (void)store.Open(params);
      });
  dispatcher.OnNotification<DidChangeParams>(
      "d",
      [&store](const DidChangeParams& params) { (void)store.Change(params); });
  dispatcher.OnNotification<DidCloseParams>(
      "q",
      [&store](const DidCloseParams& params) { (void)store.Close(params); });
}

void Run(std::string_view bytes, size_t piece_bytes) {
  const auto outbox = std::make_shared<CheckingOutbox>();
  Dispatcher dispatcher(outbox, std::make_shared<Client>(outbox), nullptr);
  DocumentStore store;
  BindAll(dispatcher, store);
  MessageParser parser;
  size_t expected = 0;
  dispatcher.set_on_unread([&store](const Glimpse& glimpse, const Error&) {
    for (const std::string& uri : store.LoseBy(glimpse)) {
      if (store.Get(uri) != nullptr) std::abort();
    }
  });
  FrameReader reader({.max_header_bytes = 256,
                      .max_body_bytes = 8192,
                      .max_skipped_bytes = 1 << 20});
  const auto handle = [&](const std::string& body) {
    const std::string repaired = RepairJson(body);
    if (RepairJson(repaired) != repaired) std::abort();
    const Message::Kind kind = parser.Parse(body).kind;
    expected +=
        kind == Message::Kind::kRequest || kind == Message::Kind::kInvalid;
    dispatcher.Dispatch(body);
    if (outbox->sent != expected) std::abort();
  };
  while (!bytes.empty()) {
    const auto skipped = [&store](const Glimpse& glimpse) {
      (void)store.LoseBy(glimpse);
    };
    if (!reader.Consume(bytes.substr(0, piece_bytes), handle, skipped)) break;
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  }
}

std::string FrameLines(std::string_view lines) {
  std::string stream;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    stream += Frame(line);
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  }
  return stream;
}

}  // namespace
}  // namespace krait::lsp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (data[0] >= 128) {
    krait::lsp::Run(krait::lsp::FrameLines(bytes.substr(1)), size);
  } else {
    const size_t piece_bytes = data[0] == 0 ? size : data[0];
    krait::lsp::Run(bytes.substr(1), piece_bytes);
  }
  return 0;
}
