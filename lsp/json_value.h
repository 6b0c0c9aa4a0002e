// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_JSON_VALUE_H_
#define KRAIT_LSP_JSON_VALUE_H_

// Reading params. Includes simdjson, so only sources include this header.
//
//   Status FromJson(const JsonValue& json, Position* out) {
//     return ObjectReader(json)
//         .Require("line", &out->line)
//         .Require("character", &out->character)
//         .status();
//   }
//
// The message of an error begins with the path from the value that was read to
// the field, ".position.line: expected an integer, got a string", so that each
// caller only puts its own part in front.

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lsp/error.h"
#include "lsp/json.h"

namespace krait::lsp {

// An element of a parsed message, or the lack of one. Valid as long as the
// parsed document.
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

// Returns ": expected `what`, got a string".
Error Expected(std::string_view what, const JsonValue& got);
// Returns `error` with `path` put in front of its message.
Error InPath(std::string_view path, Error error);
Error InField(std::string_view key, const Error& error);
Error AtIndex(size_t index, const Error& error);

Status FromJson(const JsonValue& json, std::string* out);
Status FromJson(const JsonValue& json, bool* out);
// Numbers beyond the range of the type, which clients send for "the last",
// become the end of the range.
Status FromJson(const JsonValue& json, int32_t* out);
Status FromJson(const JsonValue& json, int64_t* out);
Status FromJson(const JsonValue& json, uint32_t* out);

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
  const Status& status() const { return status_; }

 private:
  ObjectReader& Note(std::string_view key, const Status& status);

  std::optional<simdjson::dom::object> object_;
  Status status_;
};

// Reads `textDocument.uri`, which most params have.
Status ReadDocumentUri(const JsonValue& json, std::string* uri);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_JSON_VALUE_H_
