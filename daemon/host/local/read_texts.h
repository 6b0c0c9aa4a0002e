// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_READ_TEXTS_H_
#define KRAIT_DAEMON_HOST_LOCAL_READ_TEXTS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {

// What a model has read of documents, each from where prompts of it begin. As a
// prompt's states are those of its text, a document that has changed since is
// new to the model from the first change on; but what it read still ends, in
// many places, as the text before the cursor does, and its states are warm.
//
// Thread-compatible.
class ReadTexts {
 public:
  // A text that was read, up to a place before which the document says the same
  // as in front of a line near the cursor.
  struct Place {
    std::string_view read;    // good until the next change
    size_t prefix_bytes = 0;  // of the prefix before that line
  };

  // A prompt of the document had this text before its anchor.
  void Add(std::string_view document, std::string_view text);
  // Returns the places where the texts of the document end as `prefix` does,
  // before a line that is near its end, the longest text first.
  std::vector<Place> Find(std::string_view document,
                          std::string_view prefix) const;

  // All of the document is being read, as it is now.
  void SetWhole(std::string_view document, std::string_view text);
  // What was given so last; empty: nothing.
  std::string_view Whole(std::string_view document) const;

  void Forget() { documents_.clear(); }

 private:
  struct Document {
    std::string id;
    std::string whole;
    std::vector<std::string> prefixes;  // the last added last
  };

  const Document* Get(std::string_view id) const;
  Document& Use(std::string_view id);

  std::vector<Document> documents_;  // the last used last
};

// Returns how many bytes lie between what two texts begin with and what they
// end with alike, in the longer of them.
size_t ChangedBytes(std::string_view before, std::string_view after);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_READ_TEXTS_H_
