// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "base/utf8.h"

namespace krait::base {
namespace {

namespace json = boost::json;

void AppendString(std::string_view text, std::string* out) {
  *out += json::serialize(json::value(JsonString(text)));
}

void AppendDouble(double number, std::string* out) {
  if (!std::isfinite(number)) {
    *out += "null";
    return;
  }
  *out += fmt::format("{}", number);
}

// What stands between values.
struct Punctuation {
  std::string_view comma = ", ";
  std::string_view colon = ": ";
};

void Append(const json::value& value, const Punctuation& between,
            std::string* out);

void AppendArray(const json::array& array, const Punctuation& between,
                 std::string* out) {
  *out += '[';
  bool first = true;
  for (const json::value& element : array) {
    if (!first) *out += between.comma;
    first = false;
    Append(element, between, out);
  }
  *out += ']';
}

void AppendObject(const json::object& object, const Punctuation& between,
                  std::string* out) {
  *out += '{';
  bool first = true;
  for (const auto& entry : object) {
    if (!first) *out += between.comma;
    first = false;
    AppendString(entry.key(), out);
    *out += between.colon;
    Append(entry.value(), between, out);
  }
  *out += '}';
}

void Append(const json::value& value, const Punctuation& between,
            std::string* out) {
  switch (value.kind()) {
    case json::kind::double_:
      return AppendDouble(value.get_double(), out);
    case json::kind::string:
      return AppendString(value.get_string(), out);
    case json::kind::array:
      return AppendArray(value.get_array(), between, out);
    case json::kind::object:
      return AppendObject(value.get_object(), between, out);
    default:
      *out += json::serialize(value);
  }
}

}  // namespace

json::string JsonString(std::string_view text) {
  if (IsUtf8(text)) return json::string(text);
  return json::string(ToValidUtf8(text));
}

json::value JsonOf(std::string_view text) {
  json::parse_options options;
  options.max_depth = 256;  // more than JsonDocument lets in
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error,
                                  json::storage_ptr(), options);
  if (error) return nullptr;
  return value;
}

std::string JsonText(const json::value& value) {
  std::string text;
  Append(value, {}, &text);
  return text;
}

std::string CompactJsonText(const json::value& value) {
  std::string text;
  Append(value, {.comma = ",", .colon = ":"}, &text);
  return text;
}

}  // namespace krait::base
