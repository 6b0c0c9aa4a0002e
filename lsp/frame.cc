// SPDX-License-Identifier: Apache-2.0
#include "lsp/frame.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace krait::lsp {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const char lower = Lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Returns `text` for an error message: short, and without control characters.
std::string Quoted(std::string_view text) {
  constexpr size_t kShown = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kShown)) {
    quoted += c >= ' ' && c <= '~' ? c : '?';
  }
  return quoted + (text.size() > kShown ? "...\"" : "\"");
}

Error Broken(std::string message) {
  return MakeError(ErrorCode::kParseError, "header: " + std::move(message));
}

// A charset other than UTF-8 would make every text wrong.
Status CheckContentType(std::string_view value) {
  const std::string lower = LowerCase(value);
  constexpr std::string_view kCharset = "charset=";
  const size_t at = lower.find(kCharset);
  if (at == std::string::npos) return {};
  std::string charset = lower.substr(at + kCharset.size());
  charset = charset.substr(0, charset.find(';'));
  std::erase(charset, '"');
  if (const std::string_view name = Trim(charset);
      name != "utf-8" && name != "utf8") {
    return Broken("Content-Type: expected the charset utf-8, got " +
                  Quoted(name));
  }
  return {};
}

}  // namespace

Status FrameReader::Consume(std::string_view bytes, const OnBody& on_body,
                            const OnSkipped& on_skipped) {
  while (!broken_ && !bytes.empty()) {
    if (!body_bytes_) {
      if (Status read = ConsumeHeader(&bytes); !read) broken_ = read.error();
    }
    // Right after the header, too: an empty body needs no further bytes.
    if (!body_bytes_) continue;
    if (*body_bytes_ <= limits_.max_body_bytes) {
      ConsumeBody(&bytes, on_body);
    } else {
      SkipBody(&bytes, on_skipped);
    }
  }
  if (broken_) return *broken_;
  return {};
}

// Takes bytes up to the end of one header line.
Status FrameReader::ConsumeHeader(std::string_view* bytes) {
  const size_t newline = bytes->find('\n');
  const size_t taken =
      newline == std::string_view::npos ? bytes->size() : newline + 1;
  if (header_bytes_ + taken > limits_.max_header_bytes) {
    return Broken("longer than " + std::to_string(limits_.max_header_bytes) +
                  " bytes");
  }
  header_bytes_ += taken;
  line_ += bytes->substr(0, taken);
  bytes->remove_prefix(taken);
  if (newline == std::string_view::npos) return {};

  const std::string line = std::exchange(line_, {});
  std::string_view content(line);
  content.remove_suffix(1);  // the protocol says "\r\n", "\n" is let pass
  if (content.ends_with('\r')) content.remove_suffix(1);
  in_header_ = true;
  return HandleLine(content);
}

Status FrameReader::HandleLine(std::string_view line) {
  if (line.empty()) {
    if (!length_) return Broken("ends without a Content-Length");
    body_bytes_ = std::exchange(length_, std::nullopt);
    header_bytes_ = 0;
    in_header_ = false;
    return {};
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsHeaderName(line.substr(0, colon))) {
    return Broken("expected \"Name: value\", got " + Quoted(line));
  }
  const std::string name = LowerCase(line.substr(0, colon));
  const std::string_view value = Trim(line.substr(colon + 1));
  if (name == "content-length") return HandleLength(value);
  if (name == "content-type") return CheckContentType(value);
  return {};  // others are for others
}

Status FrameReader::HandleLength(std::string_view value) {
  size_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [parsed, error] = std::from_chars(value.data(), end, length);
  // A number too big for size_t is a number all the same.
  if (error == std::errc::invalid_argument || parsed != end) {
    return Broken("Content-Length: expected a number of bytes, got " +
                  Quoted(value));
  }
  if (error != std::errc() || length > limits_.max_skipped_bytes) {
    return Broken("Content-Length: expected at most " +
                  std::to_string(limits_.max_skipped_bytes) + " bytes, got " +
                  Quoted(value));
  }
  if (length_ && *length_ != length) {
    return Broken("Content-Length: given twice, " + std::to_string(*length_) +
                  " and " + std::to_string(length));
  }
  length_ = length;
  return {};
}

void FrameReader::ConsumeBody(std::string_view* bytes, const OnBody& on_body) {
  const size_t taken = std::min(*body_bytes_ - body_.size(), bytes->size());
  body_ += bytes->substr(0, taken);
  bytes->remove_prefix(taken);
  if (body_.size() < *body_bytes_) return;
  body_bytes_.reset();
  on_body(std::exchange(body_, {}));
}

void FrameReader::SkipBody(std::string_view* bytes,
                           const OnSkipped& on_skipped) {
  const size_t taken = std::min(*body_bytes_ - skipped_bytes_, bytes->size());
  skimmer_.Feed(bytes->substr(0, taken));
  skipped_bytes_ += taken;
  bytes->remove_prefix(taken);
  if (skipped_bytes_ < *body_bytes_) return;
  body_bytes_.reset();
  skipped_bytes_ = 0;
  const Glimpse glimpse = skimmer_.Take();
  if (on_skipped) on_skipped(glimpse);
}

Error TooLarge(const Glimpse& glimpse, const FrameLimits& limits) {
  const std::string what =
      glimpse.method.empty() ? "a message" : glimpse.method;
  return MakeError(ErrorCode::kRequestFailed,
                   what + ": expected at most " +
                       std::to_string(limits.max_body_bytes) + " bytes, got " +
                       std::to_string(glimpse.bytes));
}

std::string Frame(std::string_view body) {
  std::string frame = "Content-Length: " + std::to_string(body.size());
  frame.reserve(frame.size() + 4 + body.size());
  frame += "\r\n\r\n";
  frame += body;
  return frame;
}

}  // namespace krait::lsp
