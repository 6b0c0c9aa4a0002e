// SPDX-License-Identifier: Apache-2.0
#include "lsp/json_repair.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "base/utf8.h"

namespace krait::lsp {
namespace {

constexpr std::string_view kLargest = "1.7976931348623157e308";

// Reads "\\uD83D" at the begin of `text`.
std::optional<unsigned> UnicodeEscape(std::string_view text) {
  constexpr size_t kLength = 6;
  if (text.size() < kLength || !text.starts_with("\\u")) return std::nullopt;
  unsigned unit = 0;
  const char* const end = text.data() + kLength;
  const auto [parsed, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return unit;
}

bool IsHigh(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool IsLow(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

class Repair {
 public:
  explicit Repair(std::string_view json) : rest_(json) {
    out_.reserve(json.size() + 16);
  }

  std::string Run() {
    while (!rest_.empty()) {
      if (in_string_) {
        InString();
      } else {
        Outside();
      }
    }
    return std::move(out_);
  }

 private:
  void Keep(size_t bytes) {
    out_ += rest_.substr(0, bytes);
    rest_.remove_prefix(std::min(bytes, rest_.size()));
  }
  void Replace(size_t bytes, std::string_view by) {
    out_ += by;
    rest_.remove_prefix(bytes);
  }

  void InString() {
    const char c = rest_.front();
    if (c == '"') in_string_ = false;
    if (c == '\\') return Escape();
    if (static_cast<unsigned char>(c) >= 0x20) return Keep(1);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string escape = "\\u00";
    escape += c < 0x10 ? '0' : '1';
    escape += kHex[static_cast<unsigned char>(c) & 15U];
    Replace(1, escape);
  }

  void Escape() {
    const auto unit = UnicodeEscape(rest_);
    if (!unit || (!IsHigh(*unit) && !IsLow(*unit))) return Keep(unit ? 6 : 2);
    const auto next = UnicodeEscape(rest_.substr(6));
    if (IsHigh(*unit) && next && IsLow(*next)) return Keep(12);
    Replace(6, "\\ufffd");
  }

  void Outside() {
    const char c = rest_.front();
    if (c == '"') in_string_ = true;
    constexpr std::string_view kWord =
        "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const size_t size = std::min(rest_.find_first_not_of(kWord), rest_.size());
    if (size == 0) return Keep(1);
    const std::string_view word = rest_.substr(0, size);
    if (word == "NaN") return Replace(size, "null");
    const bool negative = word.starts_with('-');
    if (!IsBeyond(negative ? word.substr(1) : word)) return Keep(size);
    if (negative) out_ += '-';
    Replace(size, kLargest);
  }

  // Whether a number without its sign is more than a parser takes.
  static bool IsBeyond(std::string_view word) {
    if (word == "Infinity") return true;
    if (word.empty() || word[0] < '0' || word[0] > '9') return false;
    double value = 0;
    const char* const end = word.data() + word.size();
    const auto [parsed, error] = std::from_chars(word.data(), end, value);
    if (parsed != end) return false;
    // As a whole number, too, which may be too long for a machine's.
    constexpr double kLargestWhole = 9.0e18;
    const bool whole = word.find_first_of(".eE") == std::string_view::npos;
    return error == std::errc::result_out_of_range ||
           (whole && value > kLargestWhole);
  }

  std::string_view rest_;
  std::string out_;
  bool in_string_ = false;
};

}  // namespace

std::string RepairJson(std::string_view json) {
  if (base::IsUtf8(json)) return Repair(json).Run();
  const std::string valid = base::ToValidUtf8(json);
  return Repair(valid).Run();
}

}  // namespace krait::lsp
