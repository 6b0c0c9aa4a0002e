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

void Append(const json::value& value, std::string* out);

void AppendArray(const json::array& array, std::string* out) {
  *out += '[';
  bool first = true;
  for (const json::value& element : array) {
    if (!first) *out += ", ";
    first = false;
    Append(element, out);
  }
  *out += ']';
}

void AppendObject(const json::object& object, std::string* out) {
  *out += '{';
  bool first = true;
  for (const auto& entry : object) {
    if (!first) *out += ", ";
    first = false;
    AppendString(entry.key(), out);
    *out += ": ";
    Append(entry.value(), out);
  }
  *out += '}';
}

void Append(const json::value& value, std::string* out) {
  switch (value.kind()) {
    case json::kind::double_:
      return AppendDouble(value.get_double(), out);
    case json::kind::string:
      return AppendString(value.get_string(), out);
    case json::kind::array:
      return AppendArray(value.get_array(), out);
    case json::kind::object:
      return AppendObject(value.get_object(), out);
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
  Append(value, &text);
  return text;
}

}  // namespace krait::base
