// SPDX-License-Identifier: Apache-2.0
#include "engine/file/gguf_value.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace krait::engine {
namespace {

// The file's ids of value types.
enum ValueType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// The fewest bytes that a value takes in the file, by value type.
constexpr std::array<size_t, 13> kMinBytes = {1, 1, 2,  2, 4, 4, 4,
                                              1, 8, 12, 8, 8, 8};

Error Broken(std::string what) {
  return MakeError(ErrorCode::kBadFile, std::move(what));
}

Error UnknownType(uint32_t type) {
  return Broken(
      fmt::format("value type {} is unknown, expected 0 to 12", type));
}

Error DoesNotFit(const char* what) {
  return Broken(fmt::format("its {} does not fit in the file", what));
}

// Reads a T and widens it to W.
template <class T, class W>
Result<GgufValue> ReadScalar(GgufCursor* cursor) {
  T value = 0;
  if (!cursor->Read(&value)) return DoesNotFit("value");
  return GgufValue(static_cast<W>(value));
}

Result<GgufValue> ReadBool(GgufCursor* cursor) {
  uint8_t value = 0;
  if (!cursor->Read(&value)) return DoesNotFit("value");
  if (value > 1) {
    return Broken(fmt::format("expected a boolean of 0 or 1, found {}", value));
  }
  return GgufValue(value == 1);
}

template <class T, class W>
bool ReadNumbers(GgufCursor* cursor, size_t count, std::vector<W>* out) {
  out->reserve(count);
  for (size_t i = 0; i < count; ++i) {
    T value = 0;
    if (!cursor->Read(&value)) return false;
    out->push_back(static_cast<W>(value));
  }
  return true;
}

bool ReadBools(GgufCursor* cursor, size_t count, std::vector<bool>* out) {
  out->reserve(count);
  for (size_t i = 0; i < count; ++i) {
    uint8_t value = 0;
    if (!cursor->Read(&value) || value > 1) return false;
    out->push_back(value == 1);
  }
  return true;
}

bool ReadNumberArray(uint32_t type, GgufCursor* cursor, size_t count,
                     GgufArray* array) {
  switch (type) {
    case kUint8:
      return ReadNumbers<uint8_t>(cursor, count, &array->uints);
    case kInt8:
      return ReadNumbers<int8_t>(cursor, count, &array->ints);
    case kUint16:
      return ReadNumbers<uint16_t>(cursor, count, &array->uints);
    case kInt16:
      return ReadNumbers<int16_t>(cursor, count, &array->ints);
    case kUint32:
      return ReadNumbers<uint32_t>(cursor, count, &array->uints);
    case kInt32:
      return ReadNumbers<int32_t>(cursor, count, &array->ints);
    case kFloat32:
      return ReadNumbers<float>(cursor, count, &array->floats);
    case kBool:
      return ReadBools(cursor, count, &array->bools);
    case kUint64:
      return ReadNumbers<uint64_t>(cursor, count, &array->uints);
    case kInt64:
      return ReadNumbers<int64_t>(cursor, count, &array->ints);
    default:
      return ReadNumbers<double>(cursor, count, &array->floats);
  }
}

}  // namespace

const char* GgufValueKind(const GgufValue& value) {
  constexpr std::array<const char*, std::variant_size_v<GgufValue>> kKinds = {
      "an unsigned integer", "a signed integer", "a float",
      "a boolean",           "a string",         "an array"};
  return kKinds[value.index()];
}

Result<GgufValue> GgufValueReader::Read(uint32_t type) {
  switch (type) {
    case kUint8:
      return ReadScalar<uint8_t, uint64_t>(cursor_);
    case kInt8:
      return ReadScalar<int8_t, int64_t>(cursor_);
    case kUint16:
      return ReadScalar<uint16_t, uint64_t>(cursor_);
    case kInt16:
      return ReadScalar<int16_t, int64_t>(cursor_);
    case kUint32:
      return ReadScalar<uint32_t, uint64_t>(cursor_);
    case kInt32:
      return ReadScalar<int32_t, int64_t>(cursor_);
    case kFloat32:
      return ReadScalar<float, double>(cursor_);
    case kBool:
      return ReadBool(cursor_);
    case kString: {
      std::string_view text;
      if (!cursor_->ReadString(&text)) return DoesNotFit("string");
      return GgufValue(std::string(text));
    }
    case kArray: {
      Result<ArrayPtr> array = ReadArray(1);
      if (!array) return array.error();
      return GgufValue(std::move(*array));
    }
    case kUint64:
      return ReadScalar<uint64_t, uint64_t>(cursor_);
    case kInt64:
      return ReadScalar<int64_t, int64_t>(cursor_);
    case kFloat64:
      return ReadScalar<double, double>(cursor_);
    default:
      return UnknownType(type);
  }
}

Result<GgufValueReader::ArrayPtr> GgufValueReader::ReadArray(int depth) {
  if (depth > kMaxDepth) {
    return Broken(
        fmt::format("its arrays are nested more than {} deep", kMaxDepth));
  }
  uint32_t type = 0;
  uint64_t count = 0;
  if (!cursor_->Read(&type) || !cursor_->Read(&count)) {
    return DoesNotFit("array");
  }
  if (type >= kMinBytes.size()) return UnknownType(type);
  if (count > cursor_->remaining() / kMinBytes[type]) {
    return Broken(fmt::format(
        "its array of {} elements does not fit in the file", count));
  }
  if (count > kMaxElements - elements_) {
    return Broken(fmt::format("the file's arrays have more than {} elements",
                              size_t{kMaxElements}));
  }
  elements_ += static_cast<size_t>(count);
  return ReadElements(type, static_cast<size_t>(count), depth);
}

Result<GgufValueReader::ArrayPtr> GgufValueReader::ReadElements(uint32_t type,
                                                                size_t count,
                                                                int depth) {
  if (type == kString) return ReadStrings(count);
  if (type == kArray) return ReadArrays(count, depth);
  auto array = std::make_shared<GgufArray>();
  // That they fit was checked, so only a boolean's value can be wrong.
  if (!ReadNumberArray(type, cursor_, count, array.get())) {
    return Broken("its array has a boolean that is neither 0 nor 1");
  }
  return ArrayPtr(std::move(array));
}

Result<GgufValueReader::ArrayPtr> GgufValueReader::ReadStrings(size_t count) {
  auto array = std::make_shared<GgufArray>();
  array->strings.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    std::string_view text;
    if (!cursor_->ReadString(&text)) {
      return Broken(
          fmt::format("string {} of its array does not fit in the file", i));
    }
    array->strings.push_back(text);
  }
  return ArrayPtr(std::move(array));
}

Result<GgufValueReader::ArrayPtr> GgufValueReader::ReadArrays(size_t count,
                                                              int depth) {
  if (count > kMaxNestedArrays - nested_arrays_) {
    return Broken(fmt::format("the file has more than {} nested arrays",
                              size_t{kMaxNestedArrays}));
  }
  nested_arrays_ += count;
  auto array = std::make_shared<GgufArray>();
  array->arrays.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Result<ArrayPtr> inner = ReadArray(depth + 1);
    if (!inner) return inner.error();
    array->arrays.push_back(std::move(*inner));
  }
  return ArrayPtr(std::move(array));
}

}  // namespace krait::engine
