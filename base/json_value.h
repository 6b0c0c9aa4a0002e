// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_JSON_VALUE_H_
#define KRAIT_BASE_JSON_VALUE_H_

// Reading JSON that comes from outside: messages, answers, files of the user's.
// Includes simdjson, so only sources include this header. Structs are read by
// functions that argument-dependent lookup finds beside them:
//
//   base::Status FromJson(const base::JsonValue& json, Position* out) {
//     return base::ObjectReader(json)
//         .Require("line", &out->line)
//         .Require("character", &out->character)
//         .status();
//   }
//
// The message of an error (kInvalidArgument) begins with the path from the
// value that was read to the field, ".position.line: expected an integer, got a
// string", so that each caller only puts its own part in front.

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace krait::base {

// An element of a parsed document, or the lack of one. Valid as long as that.
class JsonValue {
 public:
  JsonValue() = default;  // missing
  explicit JsonValue(simdjson::dom::element element) : element_(element) {}

  bool IsMissing() const { return !element_; }
  // Clients write null where they mean nothing.
  bool IsMissingOrNull() const { return !element_ || element_->is_null(); }
  // Must not be missing.
  simdjson::dom::element element() const { return *element_; }
  std::string ToText() const;

 private:
  std::optional<simdjson::dom::element> element_;
};

// A parsed text, which its values are parts of. Thread-compatible.
class JsonDocument {
 public:
  // Nothing that krait reads is nested deeper than some ten levels.
  static constexpr size_t kMaxDepth = 200;

  // The message of an error is ": not valid JSON: WHY", for the caller to put
  // in front what was read. Keeps no reference to `text`; takes about eighteen
  // bytes for each of it.
  static Result<JsonDocument> Parse(std::string_view text);

  JsonValue root() const { return root_; }

 private:
  JsonDocument() = default;

  std::unique_ptr<simdjson::dom::parser> parser_;
  JsonValue root_;
};

// Returns ": expected `what`, got a string".
Error Expected(std::string_view what, const JsonValue& got);
// Returns `error` with `path` put in front of its message.
Error InPath(std::string_view path, Error error);
Error InField(std::string_view key, const Error& error);
Error AtIndex(size_t index, const Error& error);
// For a text by itself: "FILE: position.line: expected ...".
Error InText(std::string_view name, const Error& error);

Status FromJson(const JsonValue& json, JsonValue* out);  // as it is
Status FromJson(const JsonValue& json, std::string* out);
Status FromJson(const JsonValue& json, bool* out);
// Numbers beyond the range of the type, which clients send for "the last",
// become the end of the range.
Status FromJson(const JsonValue& json, int32_t* out);
Status FromJson(const JsonValue& json, int64_t* out);
Status FromJson(const JsonValue& json, uint32_t* out);
Status FromJson(const JsonValue& json, double* out);

// The same for what identifies something: beyond the range is an error.
Status ReadExact(const JsonValue& json, int64_t* out);

template <class T>
Status FromJson(const JsonValue& json, std::optional<T>* out) {
  out->reset();
  if (json.IsMissingOrNull()) return {};
  return FromJson(json, &out->emplace());
}

template <class T>
Status FromJson(const JsonValue& json, std::vector<T>* out) {
  if (json.IsMissing() || !json.element().is_array()) {
    return Expected("an array", json);
  }
  out->clear();
  const simdjson::dom::array items = json.element().get_array().value_unsafe();
  for (const simdjson::dom::element item : items) {
    if (Status read = FromJson(JsonValue(item), &out->emplace_back()); !read) {
      return AtIndex(out->size() - 1, read.error());
    }
  }
  return {};
}

// Reads the fields of an object and keeps the first error; after one, further
// fields are skipped.
class ObjectReader {
 public:
  // An empty array counts as an object without fields: to clients written in
  // Lua the two are the same.
  explicit ObjectReader(const JsonValue& json);

  // `T` needs a FromJson. A missing field is an error, unless T is optional.
  template <class T>
  ObjectReader& Require(std::string_view key, T* out) {
    if (!status_) return *this;
    return Note(key, FromJson(Field(key), out));
  }
  // Leaves `out` as it is if the field is missing or null.
  template <class T>
  ObjectReader& Optional(std::string_view key, T* out) {
    if (!status_ || Field(key).IsMissingOrNull()) return *this;
    return Require(key, out);
  }
  // Lets `read`, a function of an ObjectReader&, read an object inside this
  // one, if it is there.
  template <class Read>
  ObjectReader& OptionalObject(std::string_view key, Read read) {
    if (!status_ || Field(key).IsMissingOrNull()) return *this;
    return RequireObject(key, std::move(read));
  }
  template <class Read>
  ObjectReader& RequireObject(std::string_view key, Read read) {
    if (!status_) return *this;
    ObjectReader inner(Field(key));
    read(inner);
    return Note(key, inner.status());
  }
  // Makes it an error if `ok` is false.
  ObjectReader& Check(bool ok, std::string_view key, std::string_view what);

  JsonValue Field(std::string_view key) const;
  // Calls `use` with each key and value, in the order of the text.
  template <class Use>
  void ForEach(Use use) const {
    if (!object_) return;
    for (const simdjson::dom::key_value_pair field : *object_) {
      use(std::string_view(field.key), JsonValue(field.value));
    }
  }
  const Status& status() const { return status_; }

 private:
  ObjectReader& Note(std::string_view key, const Status& status);

  std::optional<simdjson::dom::object> object_;
  Status status_;
};

}  // namespace krait::base

#endif  // KRAIT_BASE_JSON_VALUE_H_
