// SPDX-License-Identifier: Apache-2.0
#include "engine/file/json_file.h"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>

#include "engine/file/mapped_file.h"
#include "engine/file/printable.h"
#include "engine/file/python_json.h"

namespace krait::engine {
namespace {

using simdjson::dom::element_type;

const char* KindOf(const simdjson::dom::element& element) {
  switch (element.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

std::string Describe(const simdjson::dom::element& element) {
  switch (element.type()) {
    case element_type::ARRAY:
    case element_type::OBJECT:
      return KindOf(element);
    default:
      return Printable(simdjson::minify(element));
  }
}

template <class T>
Result<T> Required(const JsonFields& fields, std::string_view key,
                   Result<std::optional<T>> found) {
  if (!found) return found.error();
  if (!*found) return fields.Wrong(key, "it is missing");
  return std::move(**found);
}

}  // namespace

Error JsonFields::Wrong(std::string_view key, std::string_view what) const {
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: field '{}{}': {}", file_, prefix_,
                               Printable(key), what));
}

Error JsonFields::Mismatch(std::string_view key,
                           std::string_view expected) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  return Wrong(key,
               fmt::format("expected {}, found {}", expected,
                           element ? Describe(*element) : std::string("none")));
}

Error JsonFields::NotYet(std::string_view what) const {
  return MakeError(ErrorCode::kUnsupported,
                   fmt::format("{}: not supported yet: {}", file_, what));
}

std::optional<simdjson::dom::element> JsonFields::Find(
    std::string_view key) const {
  std::optional<simdjson::dom::element> found;
  for (const simdjson::dom::key_value_pair field : object_) {
    if (field.key == key) found = field.value;
  }
  if (found && found->is_null()) found.reset();
  return found;
}

Result<std::optional<uint64_t>> JsonFields::FindUint(
    std::string_view key) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  if (!element) return std::optional<uint64_t>();
  uint64_t value = 0;
  if (element->get(value) != simdjson::SUCCESS) {
    return Mismatch(key, "an unsigned integer");
  }
  return std::optional<uint64_t>(value);
}

Result<std::optional<double>> JsonFields::FindFloat(
    std::string_view key) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  if (!element) return std::optional<double>();
  double value = 0;
  if (element->get(value) != simdjson::SUCCESS) {
    return Mismatch(key, "a number");
  }
  return std::optional<double>(value);
}

Result<std::optional<bool>> JsonFields::FindBool(std::string_view key) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  if (!element) return std::optional<bool>();
  bool value = false;
  if (element->get(value) != simdjson::SUCCESS) {
    return Mismatch(key, "a boolean");
  }
  return std::optional<bool>(value);
}

Result<std::optional<std::string>> JsonFields::FindString(
    std::string_view key) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  if (!element) return std::optional<std::string>();
  std::string_view value;
  if (element->get(value) != simdjson::SUCCESS) {
    return Mismatch(key, "a string");
  }
  return std::optional<std::string>(value);
}

Result<std::optional<JsonFields>> JsonFields::FindObject(
    std::string_view key) const {
  const std::optional<simdjson::dom::element> element = Find(key);
  if (!element) return std::optional<JsonFields>();
  simdjson::dom::object object;
  if (element->get(object) != simdjson::SUCCESS) {
    return Mismatch(key, "an object");
  }
  return std::optional<JsonFields>(
      JsonFields(object, file_, fmt::format("{}{}.", prefix_, key)));
}

Result<uint64_t> JsonFields::RequireUint(std::string_view key) const {
  return Required(*this, key, FindUint(key));
}

Result<double> JsonFields::RequireFloat(std::string_view key) const {
  return Required(*this, key, FindFloat(key));
}

Result<std::vector<double>> JsonFields::RequireFloats(std::string_view key,
                                                      size_t count) const {
  const auto wrong = [&] {
    return Mismatch(key, fmt::format("an array of {} numbers", count));
  };
  const auto element = Find(key);
  simdjson::dom::array array;
  if (!element || element->get(array) != simdjson::SUCCESS ||
      array.size() != count) {
    return wrong();
  }
  std::vector<double> values;
  for (const simdjson::dom::element item : array) {
    double value = 0;
    if (item.get(value) != simdjson::SUCCESS) return wrong();
    values.push_back(value);
  }
  return values;
}

Result<JsonFields> JsonFields::RequireObject(std::string_view key) const {
  return Required(*this, key, FindObject(key));
}

Status JsonFile::Load(std::string_view text, const std::string& name,
                      JsonDialect dialect) {
  // Some versions of the parser skip a byte order mark, JSON has none.
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected a JSON object", name));
  }
  simdjson::dom::object object;
  const simdjson::padded_string padded(text);
  const simdjson::error_code error = parser_.parse(padded).get(object);
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: invalid JSON: {}", name,
                                 simdjson::error_message(error)));
  }
  root_.emplace(object, name, "");
  if (dialect == JsonDialect::kPython) return {};
  std::unordered_set<std::string_view> keys;
  for (const simdjson::dom::key_value_pair field : object) {
    if (!keys.insert(field.key).second) {
      return root_->Wrong(field.key, "it appears twice");
    }
  }
  return {};
}

Result<std::unique_ptr<JsonFile>> JsonFile::Parse(std::string_view text,
                                                  const std::string& name,
                                                  JsonDialect dialect) {
  if (text.size() > kMaxJsonBytes) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected at most {} bytes of JSON, "
                                 "found {}",
                                 name, size_t{kMaxJsonBytes}, text.size()));
  }
  auto file = std::make_unique<JsonFile>();
  Status status = dialect == JsonDialect::kPython
                      ? file->Load(StrictJsonOfPython(text), name, dialect)
                      : file->Load(text, name, dialect);
  if (!status) return status.error();
  return file;
}

Result<std::unique_ptr<JsonFile>> JsonFile::Open(
    const std::filesystem::path& path, JsonDialect dialect) {
  Result<MappedFile> mapped = MappedFile::Open(path);
  if (!mapped) return mapped.error();
  return Parse(mapped->bytes(), path.string(), dialect);
}

}  // namespace krait::engine
