// SPDX-License-Identifier: Apache-2.0
#include "engine/file/python_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

namespace krait::engine {
namespace {

using std::string_view;

constexpr std::array<string_view, 3> kNumberWords = {"-Infinity", "Infinity",
                                                     "NaN"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsPartOfNumber(char c) {
  return IsDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool FitsInteger(string_view digits) {
  const char* const end = digits.data() + digits.size();
  if (digits.starts_with('-')) {
    int64_t value = 0;
    return std::from_chars(digits.data(), end, value).ec == std::errc();
  }
  uint64_t value = 0;
  return std::from_chars(digits.data(), end, value).ec == std::errc();
}

// The magnitude of a number whose digits do not tell it: "1e400" is too large,
// "1e-400" is not.
bool IsTooLarge(string_view number) {
  double value = 0;
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec !=
      std::errc::result_out_of_range) {
    return false;
  }
  const size_t exponent = number.find_first_of("eE");
  return exponent == string_view::npos || number.substr(exponent + 1, 1) != "-";
}

void AppendNumber(string_view number, std::string* out) {
  const string_view digits = number.substr(number.starts_with('-') ? 1 : 0);
  const bool integer = !digits.empty() && std::ranges::all_of(digits, IsDigit);
  if (integer && FitsInteger(number)) {
    out->append(number);
  } else if (IsTooLarge(number)) {
    out->append(number.starts_with('-') ? "\"-Infinity\"" : "\"Infinity\"");
  } else {
    out->append(number).append(integer ? "e0" : "");
  }
}

// The code unit of "\uXXXX" at the begin of `text`.
std::optional<uint32_t> EscapedUnit(string_view text) {
  constexpr size_t kLength = 6;
  if (text.size() < kLength || !text.starts_with("\\u")) return std::nullopt;
  uint32_t unit = 0;
  const char* const end = text.data() + kLength;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return unit;
}

bool IsHigh(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool IsLow(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// Appends the escape at the begin of `text`; returns its length.
size_t AppendEscape(string_view text, std::string* out) {
  const auto unit = EscapedUnit(text);
  size_t length = std::min<size_t>(unit ? 6 : 2, text.size());
  if (unit && IsHigh(*unit)) {
    const auto next = EscapedUnit(text.substr(length));
    if (next && IsLow(*next)) {
      length *= 2;
    } else {
      out->append("\\uFFFD");
      return length;
    }
  } else if (unit && IsLow(*unit)) {
    out->append("\\uFFFD");
    return length;
  }
  out->append(text.substr(0, length));
  return length;
}

// Appends the string that begins at `text`; returns its length.
size_t AppendString(string_view text, std::string* out) {
  out->push_back('"');
  size_t at = 1;
  while (at < text.size()) {
    if (text[at] == '\\') {
      at += AppendEscape(text.substr(at), out);
      continue;
    }
    out->push_back(text[at]);
    if (text[at++] == '"') break;
  }
  return at;
}

// Appends the word for a number at the begin of `text`; returns its length, 0
// if there is none.
size_t AppendNumberWord(string_view text, std::string* out) {
  for (const string_view word : kNumberWords) {
    if (!text.starts_with(word)) continue;
    out->append("\"").append(word).append("\"");
    return word.size();
  }
  return 0;
}

}  // namespace

std::string StrictJsonOfPython(string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    const char c = text.front();
    size_t length = AppendNumberWord(text, &out);
    if (length == 0 && c == '"') {
      length = AppendString(text, &out);
    } else if (length == 0 && (IsDigit(c) || c == '-')) {
      length = static_cast<size_t>(
          std::ranges::find_if_not(text, IsPartOfNumber) - text.begin());
      AppendNumber(text.substr(0, length), &out);
    } else if (length == 0) {
      out.push_back(c);
      length = 1;
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace krait::engine
