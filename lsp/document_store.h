// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_DOCUMENT_STORE_H_
#define KRAIT_LSP_DOCUMENT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lsp/document_types.h"
#include "lsp/error.h"
#include "lsp/glimpse.h"
#include "lsp/position.h"
#include "lsp/text.h"

namespace krait::lsp {

// One state of an open document. Immutable, so any thread may keep and read it
// while the document changes on.
struct Document {
  std::string uri = {};
  std::string language_id = {};
  int32_t version = 0;
  Text text = {};
};
using DocumentSnapshot = std::shared_ptr<const Document>;

// A change in bytes: [begin_ofs, end_ofs) of the text before it became `text`.
struct ByteEdit {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  std::string text = {};
};

struct DocumentChange {
  DocumentSnapshot before = {};  // null if it was lost (see DocumentStore)
  DocumentSnapshot after = {};
  std::vector<ByteEdit> edits = {};  // in order, each on the last one's result
  std::string warning = {};          // for the log; empty if all is well
};

struct DocumentLimits {
  size_t max_document_bytes = size_t{64} << 20;
  size_t max_documents = 10'000;
};

// The open documents of one client.
//
// Versions. The protocol says that they increase. Messages of one connection
// cannot overtake each other, so a version that does not increase is a slip in
// the client's counting, not an old change: it is applied, with a warning, as
// refusing it would let our text part from the editor's. A missing version
// counts on from the last one.
//
// Lost documents. A change that cannot be applied (a range that ends before it
// starts, a text over the limit), or read at all, leaves us with a text that is
// not the editor's. Completing on that would be worse than not at all, so the
// document is lost: Get returns null until the client sends a full text or
// opens it again. Changes in between are errors. One that was lost when it was
// opened is known by name, so that it comes back by a full text, too.
//
// Thread-compatible; the snapshots are thread-safe.
class DocumentStore {
 public:
  explicit DocumentStore(PositionEncoding encoding = PositionEncoding::kUtf16,
                         DocumentLimits limits = {})
      : encoding_(encoding), limits_(limits) {}

  // Set once `initialize` has negotiated it.
  void set_encoding(PositionEncoding encoding) { encoding_ = encoding; }
  PositionEncoding encoding() const { return encoding_; }

  // Opens a document; one that is open already is replaced.
  Result<DocumentSnapshot> Open(DidOpenParams params);
  Result<DocumentChange> Change(const DidChangeParams& params);
  Status Close(const DidCloseParams& params);

  // The text is not the client's any more, or was never read. Returns false if
  // it was lost already, or if there is no room for one more.
  bool Lose(const std::string& uri, const std::string& language_id = {});
  // A message could not be read: loses the document that it was about, or all
  // if it may have been about any. Returns those that were not lost before.
  std::vector<std::string> LoseBy(const Glimpse& glimpse);

  // Returns the newest state, or null if it is not open (or lost).
  DocumentSnapshot Get(const std::string& uri) const;
  std::vector<DocumentSnapshot> All() const;
  bool IsLost(const std::string& uri) const;
  // What is known of those that are lost; without text.
  std::vector<DocumentSnapshot> Lost() const;
  size_t size() const { return documents_.size(); }

 private:
  struct Entry {
    DocumentSnapshot newest;  // never null; without text if lost
    bool lost = false;
  };

  // Applies one change, unless it is an error, and returns it in bytes.
  Result<ByteEdit> Apply(const ContentChange& change, Text* text) const;
  Status CheckSize(std::string_view what, size_t size_bytes) const;

  PositionEncoding encoding_;
  DocumentLimits limits_;
  std::unordered_map<std::string, Entry> documents_;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_DOCUMENT_STORE_H_
