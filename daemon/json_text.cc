// SPDX-License-Identifier: Apache-2.0
#include "daemon/json_text.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "base/utf8.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

void AppendString(std::string_view text, std::string* out) {
  *out += json::serialize(json::value(json::string(base::ToValidUtf8(text))));
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

std::string JsonText(const json::value& value) {
  std::string text;
  Append(value, &text);
  return text;
}

}  // namespace krait::daemon
