// SPDX-License-Identifier: Apache-2.0
#include "engine/file/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "engine/file/json_file.h"
#include "engine/file/printable.h"

namespace krait::engine {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxSafetensorsDims = 8;

struct Dtype {
  std::string_view name;
  size_t bytes;
  std::optional<TensorType> type;
};

constexpr std::array kDtypes = {
    Dtype{"F32", 4, TensorType::kF32},   Dtype{"F16", 2, TensorType::kF16},
    Dtype{"BF16", 2, TensorType::kBF16}, Dtype{"F64", 8, TensorType::kF64},
    Dtype{"I8", 1, TensorType::kI8},     Dtype{"I16", 2, TensorType::kI16},
    Dtype{"I32", 4, TensorType::kI32},   Dtype{"I64", 8, TensorType::kI64},
    Dtype{"BOOL", 1, std::nullopt},      Dtype{"U8", 1, std::nullopt},
    Dtype{"U16", 2, std::nullopt},       Dtype{"U32", 4, std::nullopt},
    Dtype{"U64", 8, std::nullopt},       Dtype{"F8_E4M3", 1, std::nullopt},
    Dtype{"F8_E5M2", 1, std::nullopt},   Dtype{"F8_E8M0", 1, std::nullopt},
    Dtype{"C64", 8, std::nullopt},
};

const Dtype* FindDtype(std::string_view name) {
  const auto* it =
      std::find_if(kDtypes.begin(), kDtypes.end(),
                   [name](const Dtype& dtype) { return dtype.name == name; });
  return it == kDtypes.end() ? nullptr : it;
}

// Reads an array of at most `limit` unsigned integers; false if it is not one.
bool ReadUints(const simdjson::dom::element& element, size_t limit,
               std::vector<size_t>* out) {
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element item : array) {
    uint64_t value = 0;
    if (out->size() == limit || item.get(value) != simdjson::SUCCESS) {
      return false;
    }
    out->push_back(static_cast<size_t>(value));
  }
  return true;
}

}  // namespace

// Fills a SafetensorsFile from its bytes.
class SafetensorsParser {
 public:
  SafetensorsParser(std::string_view bytes, SafetensorsFile* file)
      : bytes_(bytes), file_(file) {}

  Status Parse();

 private:
  Error Broken(std::string_view what) const {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: {}", file_->name_, what));
  }
  Error BrokenTensor(std::string_view name, std::string_view what) const {
    return Broken(fmt::format("tensor '{}': {}", Printable(name), what));
  }

  Result<std::string_view> Header() const;
  Status ParseMetadata(const simdjson::dom::element& element);
  Status ParseTensor(std::string_view name,
                     const simdjson::dom::element& element);
  Status ParseRange(const simdjson::dom::element& offsets,
                    SafetensorsEntry* entry) const;
  Status CheckCoverage() const;

  std::string_view bytes_;
  std::string_view data_;
  SafetensorsFile* file_;
};

Result<std::string_view> SafetensorsParser::Header() const {
  if (IsLfsPointer(bytes_)) return Broken(kLfsPointerMessage);
  if (bytes_.size() < kLengthBytes) {
    return Broken("the file ends inside the length of its header");
  }
  uint64_t length = 0;
  std::memcpy(&length, bytes_.data(), kLengthBytes);
  if (length > bytes_.size() - kLengthBytes) {
    return Broken(fmt::format(
        "a header of {} bytes does not fit in the file of {} (is it a "
        "safetensors file?)",
        length, bytes_.size()));
  }
  const std::string_view header =
      bytes_.substr(kLengthBytes, static_cast<size_t>(length));
  if (!header.starts_with('{')) {
    return Broken("expected the header to begin with '{'");
  }
  return header;
}

Status SafetensorsParser::Parse() {
  Result<std::string_view> header = Header();
  if (!header) return header.error();
  data_ = bytes_.substr(kLengthBytes + header->size());
  Result<std::unique_ptr<JsonFile>> json =
      JsonFile::Parse(*header, file_->name_, JsonDialect::kStrict);
  if (!json) return json.error();
  for (const simdjson::dom::key_value_pair field : (*json)->root().object()) {
    Status status = field.key == "__metadata__"
                        ? ParseMetadata(field.value)
                        : ParseTensor(field.key, field.value);
    if (!status) return status;
  }
  if (Status status = CheckCoverage(); !status) return status;
  std::sort(file_->entries_.begin(), file_->entries_.end(),
            [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
              return a.name < b.name;
            });
  return {};
}

Status SafetensorsParser::ParseMetadata(const simdjson::dom::element& element) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return Broken("'__metadata__': expected an object of strings");
  }
  for (const simdjson::dom::key_value_pair field : object) {
    std::string_view value;
    if (field.value.get(value) != simdjson::SUCCESS) {
      return Broken(fmt::format("'__metadata__': expected '{}' to be a string",
                                Printable(field.key)));
    }
    file_->metadata_.emplace_back(field.key, value);
  }
  return {};
}

Status SafetensorsParser::ParseTensor(std::string_view name,
                                      const simdjson::dom::element& element) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return BrokenTensor(name, "expected an object");
  }
  SafetensorsEntry entry;
  entry.name = name;
  std::string_view dtype_name;
  if (object.at_key("dtype").get(dtype_name) != simdjson::SUCCESS) {
    return BrokenTensor(name, "expected a string 'dtype'");
  }
  const Dtype* dtype = FindDtype(dtype_name);
  if (dtype == nullptr) {
    return BrokenTensor(
        name, fmt::format("dtype '{}' is unknown", Printable(dtype_name)));
  }
  entry.dtype = dtype_name;
  entry.type = dtype->type;
  entry.element_bytes = dtype->bytes;
  simdjson::dom::element shape;
  if (object.at_key("shape").get(shape) != simdjson::SUCCESS ||
      !ReadUints(shape, kMaxSafetensorsDims, &entry.shape)) {
    return BrokenTensor(
        name, fmt::format("expected 'shape' to be an array of at most {} "
                          "unsigned integers",
                          size_t{kMaxSafetensorsDims}));
  }
  simdjson::dom::element offsets;
  if (object.at_key("data_offsets").get(offsets) != simdjson::SUCCESS) {
    return BrokenTensor(name, "'data_offsets' is missing");
  }
  if (Status status = ParseRange(offsets, &entry); !status) return status;
  file_->entries_.push_back(std::move(entry));
  return {};
}

Status SafetensorsParser::ParseRange(const simdjson::dom::element& offsets,
                                     SafetensorsEntry* entry) const {
  std::vector<size_t> range;
  if (!ReadUints(offsets, 2, &range) || range.size() != 2) {
    return BrokenTensor(entry->name,
                        "expected 'data_offsets' to be two unsigned integers");
  }
  if (range[0] > range[1] || range[1] > data_.size()) {
    return BrokenTensor(
        entry->name, fmt::format("its bytes {} to {} are not inside the file's "
                                 "data of {} bytes",
                                 range[0], range[1], data_.size()));
  }
  const std::optional<size_t> elements = CountElements(entry->shape);
  size_t bytes = 0;
  if (!elements ||
      __builtin_mul_overflow(*elements, entry->element_bytes, &bytes) ||
      bytes != range[1] - range[0]) {
    return BrokenTensor(entry->name,
                        fmt::format("shape {} of {} does not make {} bytes",
                                    ShapeString(entry->shape), entry->dtype,
                                    range[1] - range[0]));
  }
  entry->data = reinterpret_cast<const std::byte*>(data_.data()) + range[0];
  entry->bytes = bytes;
  return {};
}

// The ranges in order of their offsets must be one after the other.
Status SafetensorsParser::CheckCoverage() const {
  std::vector<const SafetensorsEntry*> sorted;
  sorted.reserve(file_->entries_.size());
  for (const SafetensorsEntry& entry : file_->entries_) {
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
              return std::pair(a->data, a->bytes) <
                     std::pair(b->data, b->bytes);
            });
  const auto* position = reinterpret_cast<const std::byte*>(data_.data());
  for (const SafetensorsEntry* entry : sorted) {
    if (entry->data != position) {
      return BrokenTensor(entry->name,
                          entry->data < position
                              ? "it overlaps the tensor before it"
                              : "there is a hole in the data before it");
    }
    position += entry->bytes;
  }
  const auto* end =
      reinterpret_cast<const std::byte*>(data_.data()) + data_.size();
  if (position != end) {
    return Broken(
        fmt::format("{} bytes after the last tensor", end - position));
  }
  return {};
}

const SafetensorsEntry* SafetensorsFile::Find(std::string_view name) const {
  const auto it =
      std::lower_bound(entries_.begin(), entries_.end(), name,
                       [](const SafetensorsEntry& entry, std::string_view n) {
                         return entry.name < n;
                       });
  return it != entries_.end() && it->name == name ? &*it : nullptr;
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Parse(
    std::string_view bytes, std::string name) {
  auto file = std::make_unique<SafetensorsFile>();
  file->name_ = std::move(name);
  Status status = SafetensorsParser(bytes, file.get()).Parse();
  if (!status) return status.error();
  return file;
}

Result<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(
    const std::filesystem::path& path) {
  Result<MappedFile> mapped = MappedFile::Open(path);
  if (!mapped) return mapped.error();
  Result<std::unique_ptr<SafetensorsFile>> file =
      Parse(mapped->bytes(), path.string());
  // The bytes stay where they are when the mapping moves.
  if (file) (*file)->file_ = std::move(*mapped);
  return file;
}

}  // namespace krait::engine
