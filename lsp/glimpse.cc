// SPDX-License-Identifier: Apache-2.0
#include "lsp/glimpse.h"

#include <charconv>
#include <utility>

#include "base/json_value.h"
#include "lsp/uri.h"

namespace krait::lsp {
namespace {

// Escapes make a string longer, at most so many times.
constexpr size_t kLongestToken = 6 * kMaxUriBytes;

// Decodes the inside of a JSON string; nothing if it is broken.
std::string Unescape(const std::string& inside) {
  simdjson::dom::parser parser;
  std::string_view text;
  const std::string json = '"' + inside + '"';
  if (parser.parse(json).get_string().get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace

void Skimmer::Feed(std::string_view bytes) {
  seen_.bytes += bytes.size();
  while (!bytes.empty()) {
    // Most of a large message is one text, of which nothing is wanted.
    if (in_string_ && cut_ && !escaped_) {
      const size_t next = bytes.find_first_of("\"\\");
      if (next == std::string_view::npos) return;
      bytes.remove_prefix(next);
    }
    in_string_ ? InString(bytes.front()) : Outside(bytes.front());
    bytes.remove_prefix(1);
  }
}

void Skimmer::InString(char c) {
  if (c == '"' && !escaped_) return EndString();
  escaped_ = c == '\\' && !escaped_;
  if (token_.size() < kLongestToken) {
    token_ += c;
  } else {
    cut_ = true;
  }
}

void Skimmer::EndString() {
  in_string_ = false;
  const std::string text = cut_ ? std::string() : Unescape(token_);
  token_.clear();
  cut_ = false;
  if (is_key_) {
    key_ = text;
    if (depth_ == 1) outer_key_ = text;
    return;
  }
  if (depth_ == 1 && key_ == "method") seen_.method = text;
  if (depth_ == 1 && key_ == "id") seen_.id = RequestId(text);
  // Only what the params themselves have, or their document.
  const bool in_params = outer_key_ == "params" && depth_ <= 3;
  if (in_params && key_ == "uri" && seen_.uri.empty()) seen_.uri = text;
  if (in_params && key_ == "languageId") seen_.language_id = text;
  key_.clear();
}

// A value that is no string ends.
void Skimmer::EndValue() {
  int64_t number = 0;
  const char* const end = token_.data() + token_.size();
  const auto [parsed, error] = std::from_chars(token_.data(), end, number);
  if (depth_ == 1 && key_ == "id" && !token_.empty() && parsed == end &&
      error == std::errc()) {
    seen_.id = RequestId(number);
  }
  token_.clear();
  key_.clear();
}

void Skimmer::Outside(char c) {
  switch (c) {
    case '"':
      in_string_ = true;
      token_.clear();
      return;
    case ':':
      is_key_ = false;
      return;
    case '{':
    case '[':
      ++depth_;
      is_key_ = c == '{';
      token_.clear();
      return;
    case '}':
    case ']':
      EndValue();
      if (depth_ > 0) --depth_;
      is_key_ = false;
      return;
    case ',':
      EndValue();
      is_key_ = true;  // in an array, too, where no string has a key
      return;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
      return;
    default:
      if (token_.size() < kLongestToken) token_ += c;
  }
}

Glimpse Skimmer::Take() {
  Glimpse seen = std::move(seen_);
  *this = Skimmer();
  return seen;
}

Glimpse GlimpseOf(std::string_view body) {
  Skimmer skimmer;
  skimmer.Feed(body);
  return skimmer.Take();
}

}  // namespace krait::lsp
