// SPDX-License-Identifier: Apache-2.0
#include "base/json_value.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace krait::base {
namespace {

std::string_view KindOf(const JsonValue& json) {
  if (json.IsMissing()) return "nothing";
  using Type = simdjson::dom::element_type;
  switch (json.element().type()) {
    case Type::ARRAY:
      return "an array";
    case Type::OBJECT:
      return "an object";
    case Type::INT64:
    case Type::UINT64:
    case Type::DOUBLE:
      return "the number";
    case Type::STRING:
      return "a string";
    case Type::BOOL:
      return "a boolean";
    case Type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

// Reads a whole number, as near as an int64_t comes to it; `exact`: whether
// that is the number. One that is written as 3.0 is fine: some clients know
// only floating-point numbers.
Status ReadWhole(const JsonValue& json, std::string_view what, int64_t* out,
                 bool* exact) {
  *exact = true;
  if (json.IsMissing()) return Expected(what, json);
  if (json.element().get_int64().get(*out) == simdjson::SUCCESS) return {};
  double number = 0;
  if (json.element().get_double().get(number) != simdjson::SUCCESS ||
      std::trunc(number) != number) {
    return Expected(what, json);
  }
  constexpr double kExact = 9007199254740992.0;     // 2^53
  constexpr double kLimit = 9223372036854774784.0;  // the last below 2^63
  *exact = std::abs(number) <= kExact;
  *out = static_cast<int64_t>(std::clamp(number, -kLimit, kLimit));
  return {};
}

template <class T>
Status ReadNarrow(const JsonValue& json, int64_t low, int64_t high, T* out) {
  int64_t value = 0;
  bool exact = false;
  const std::string_view what = low == 0 ? "an unsigned integer" : "an integer";
  if (Status read = ReadWhole(json, what, &value, &exact); !read) return read;
  *out = static_cast<T>(std::clamp(value, low, high));
  return {};
}

}  // namespace

std::string JsonValue::ToText() const {
  return element_ ? simdjson::minify(*element_) : "null";
}

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  JsonDocument document;
  document.parser_ = std::make_unique<simdjson::dom::parser>();
  simdjson::dom::element root;
  simdjson::error_code code =
      document.parser_->allocate(std::max(text.size(), size_t{1}), kMaxDepth);
  if (code == simdjson::SUCCESS) {
    code = document.parser_->parse(text.data(), text.size()).get(root);
  }
  if (code != simdjson::SUCCESS) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        std::string(": not valid JSON: ") + simdjson::error_message(code));
  }
  document.root_ = JsonValue(root);
  return document;
}

Error Expected(std::string_view what, const JsonValue& got) {
  std::string message = ": expected ";
  message += what;
  message += ", got ";
  message += KindOf(got);
  if (!got.IsMissing() && got.element().is_number()) {
    message += ' ';
    message += got.ToText();
  }
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

Error InPath(std::string_view path, Error error) {
  error.message.insert(0, path);
  return error;
}

Error InField(std::string_view key, const Error& error) {
  std::string path(1, '.');
  path += key;
  return InPath(path, error);
}

Error AtIndex(size_t index, const Error& error) {
  std::string path(1, '[');
  path += std::to_string(index);
  path += ']';
  return InPath(path, error);
}

Error InText(std::string_view name, const Error& error) {
  std::string_view rest = error.message;
  rest.remove_prefix(std::min(rest.find_first_not_of(".: "), rest.size()));
  std::string message(name);
  message += ": ";
  message += rest;
  return MakeError(error.code, std::move(message));
}

Status FromJson(const JsonValue& json, JsonValue* out) {
  *out = json;
  return {};
}

Status FromJson(const JsonValue& json, std::string* out) {
  std::string_view text;
  if (json.IsMissing() ||
      json.element().get_string().get(text) != simdjson::SUCCESS) {
    return Expected("a string", json);
  }
  out->assign(text);
  return {};
}

Status FromJson(const JsonValue& json, bool* out) {
  if (json.IsMissing() ||
      json.element().get_bool().get(*out) != simdjson::SUCCESS) {
    return Expected("a boolean", json);
  }
  return {};
}

Status FromJson(const JsonValue& json, int32_t* out) {
  return ReadNarrow(json, std::numeric_limits<int32_t>::min(),
                    std::numeric_limits<int32_t>::max(), out);
}

Status FromJson(const JsonValue& json, int64_t* out) {
  return ReadNarrow(json, std::numeric_limits<int64_t>::min(),
                    std::numeric_limits<int64_t>::max(), out);
}

Status ReadExact(const JsonValue& json, int64_t* out) {
  bool exact = false;
  if (Status read = ReadWhole(json, "an integer", out, &exact); !read) {
    return read;
  }
  if (!exact) return Expected("an integer", json);
  return {};
}

// The protocol's uinteger ends at 2^31 - 1, but the line 2^32 - 1 is a way to
// say "to the end" that clients do use.
Status FromJson(const JsonValue& json, uint32_t* out) {
  return ReadNarrow(json, 0, std::numeric_limits<uint32_t>::max(), out);
}

Status FromJson(const JsonValue& json, double* out) {
  if (json.IsMissing() ||
      json.element().get_double().get(*out) != simdjson::SUCCESS) {
    return Expected("a number", json);
  }
  return {};
}

ObjectReader::ObjectReader(const JsonValue& json) {
  if (json.IsMissing()) {
    status_ = Expected("an object", json);
    return;
  }
  const simdjson::dom::element element = json.element();
  if (element.is_object()) {
    object_ = element.get_object().value_unsafe();
  } else if (!element.is_array() ||
             element.get_array().value_unsafe().size() != 0) {
    status_ = Expected("an object", json);
  }
}

JsonValue ObjectReader::Field(std::string_view key) const {
  simdjson::dom::element field;
  if (!object_ || object_->at_key(key).get(field) != simdjson::SUCCESS) {
    return JsonValue();
  }
  return JsonValue(field);
}

ObjectReader& ObjectReader::Check(bool ok, std::string_view key,
                                  std::string_view what) {
  if (!status_ || ok) return *this;
  return Note(key, Expected(what, Field(key)));
}

ObjectReader& ObjectReader::Note(std::string_view key, const Status& status) {
  if (!status) status_ = InField(key, status.error());
  return *this;
}

}  // namespace krait::base
