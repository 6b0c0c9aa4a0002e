// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_GLIMPSE_H_
#define KRAIT_LSP_GLIMPSE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/message.h"

namespace krait::lsp {

// What can be told of a message that cannot be read, because it is broken or
// too large.
struct Glimpse {
  std::optional<RequestId> id = {};
  std::string method = {};       // empty: unknown
  std::string uri = {};          // of the document that it is about
  std::string language_id = {};  // of the same, if it says so
  size_t bytes = 0;              // of the message

  bool is_request() const { return id && !method.empty(); }
};

// Looks over a message in pieces, and takes from it what a Glimpse has. Needs
// no more memory than that, whatever the message; never fails. What is inside
// a text cannot pass for more than text.
class Skimmer {
 public:
  void Feed(std::string_view bytes);
  // Returns what was seen, and begins anew.
  Glimpse Take();

 private:
  void InString(char c);
  void Outside(char c);
  void EndString();
  void EndValue();

  Glimpse seen_;
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool is_key_ = false;  // a string here would be a key
  std::string token_;    // the string or number so far, cut when it is long
  bool cut_ = false;
  std::string key_;        // whose value comes
  std::string outer_key_;  // the key at depth 1
};

Glimpse GlimpseOf(std::string_view body);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_GLIMPSE_H_
