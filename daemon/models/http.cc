// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/http.h"

#include <charconv>
#include <limits>

#include "daemon/models/file_names.h"  // LowerCased

namespace krait::models {
namespace {

constexpr size_t kMaxHeaders = 200;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// Takes `text` up to the character, and it, from the front of `rest`.
std::string_view TakeUntil(char end, std::string_view* rest) {
  const size_t at = rest->find(end);
  const std::string_view taken = rest->substr(0, at);
  rest->remove_prefix(at == std::string_view::npos ? rest->size() : at + 1);
  return taken;
}

}  // namespace

std::optional<uint64_t> ParseNumber(std::string_view digits) {
  uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  // The highest bit is free, so that sums of two do not overflow.
  if (digits.empty() || error != std::errc() || stopped != end ||
      number > std::numeric_limits<uint64_t>::max() / 2) {
    return std::nullopt;
  }
  return number;
}

std::string_view HttpHead::Find(std::string_view name) const {
  std::string_view found;
  for (const auto& [key, value] : headers) {
    if (key == name) found = value;
  }
  return found;
}

std::optional<uint64_t> HttpHead::ContentLength() const {
  return ParseNumber(Find("content-length"));
}

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  if (Trimmed(TakeUntil(' ', &text)) != "bytes") return std::nullopt;
  std::string_view range = Trimmed(TakeUntil('/', &text));
  ContentRange parsed;
  if (text != "*") {
    parsed.total = ParseNumber(text);
    if (!parsed.total) return std::nullopt;
  }
  if (range == "*") return parsed;
  parsed.begin = ParseNumber(TakeUntil('-', &range));
  const auto last = ParseNumber(range);
  if (!parsed.begin || !last || *last < *parsed.begin ||
      (parsed.total && *last >= *parsed.total)) {
    return std::nullopt;
  }
  return parsed;
}

void AddHeadLine(std::string_view line, HttpHead* head) {
  line = Trimmed(line);
  if (line.starts_with("HTTP/")) {
    *head = {};
    TakeUntil(' ', &line);
    head->status =
        static_cast<int>(ParseNumber(TakeUntil(' ', &line)).value_or(0) % 1000);
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || head->headers.size() >= kMaxHeaders) {
    return;
  }
  head->headers.emplace_back(LowerCased(Trimmed(line.substr(0, colon))),
                             Trimmed(line.substr(colon + 1)));
}

std::string_view NextLink(std::string_view link) {
  while (!link.empty()) {
    TakeUntil('<', &link);
    const std::string_view url = TakeUntil('>', &link);
    const std::string_view parameters = TakeUntil(',', &link);
    if (parameters.find("rel=\"next\"") != std::string_view::npos ||
        parameters.find("rel=next") != std::string_view::npos) {
      return url;
    }
  }
  return {};
}

}  // namespace krait::models
