// SPDX-License-Identifier: Apache-2.0
// The layout of a GGUF file, versions 2 and 3, all little endian:
//   "GGUF" | u32 version | u64 tensors | u64 keys
//   keys:    string name, u32 value type, value
//   tensors: string name, u32 n, u64 dim[n] (innermost first), u32 type,
//            u64 offset from the start of the data
//   padding to general.alignment | data, each tensor aligned
// Nothing is believed: counts and lengths are compared with the bytes that are
// left before anything is allocated for them.
#include "engine/file/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <unordered_set>
#include <utility>

#include "engine/file/gguf_cursor.h"
#include "engine/file/gguf_value.h"
#include "engine/file/printable.h"

namespace krait::engine {
namespace {

constexpr uint64_t kMinKeyBytes = 8 + 4 + 1;
constexpr uint64_t kMinTensorBytes = 8 + 4 + 8 + 4 + 8;
constexpr uint64_t kMaxKeys = 1U << 16U;
constexpr uint64_t kMaxTensors = 1U << 18U;
constexpr size_t kMaxNameBytes = 1024;
constexpr uint32_t kMaxDims = 4;
constexpr uint64_t kDefaultAlignment = 32;
constexpr uint64_t kMaxAlignment = 1U << 20U;

// Whether a key's or tensor's name is one: not empty, of sane length and
// without control characters.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

}  // namespace

// Fills a GgufFile from its bytes.
class GgufParser {
 public:
  GgufParser(std::string_view bytes, GgufFile* file)
      : bytes_(bytes), cursor_(bytes), values_(&cursor_), file_(file) {}

  Status Parse();

 private:
  Error Broken(std::string_view what) const {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: {}", file_->name_, what));
  }
  Error BrokenTensor(const Tensor& tensor, std::string_view what) const {
    return Broken(fmt::format("tensor '{}': {}", Printable(tensor.name), what));
  }
  Error Truncated(std::string_view what) const {
    return Broken(fmt::format("the file ends inside {} at byte {}", what,
                              cursor_.position()));
  }

  Status ParseHeader();
  Status CheckVersion(uint32_t version) const;
  Status ParseKey();
  Status ParseTensor();
  Status ParseShape(Tensor* tensor);
  Status CheckUniqueNames() const;
  Result<uint64_t> Alignment() const;
  Status PlaceTensors();
  Status PlaceTensor(uint64_t start, uint64_t alignment, uint64_t offset,
                     Tensor* tensor) const;
  Status CheckNoOverlap() const;

  std::string_view bytes_;
  GgufCursor cursor_;
  GgufValueReader values_;
  GgufFile* file_;
  uint64_t num_keys_ = 0;
  uint64_t num_tensors_ = 0;
  std::vector<uint64_t> offsets_;  // of tensors_, from the start of the data
};

Status GgufParser::Parse() {
  if (Status status = ParseHeader(); !status) return status;
  for (uint64_t i = 0; i < num_keys_; ++i) {
    if (Status status = ParseKey(); !status) return status;
  }
  file_->tensors_.reserve(static_cast<size_t>(num_tensors_));
  offsets_.reserve(static_cast<size_t>(num_tensors_));
  for (uint64_t i = 0; i < num_tensors_; ++i) {
    if (Status status = ParseTensor(); !status) return status;
  }
  if (Status status = CheckUniqueNames(); !status) return status;
  return PlaceTensors();
}

Status GgufParser::ParseHeader() {
  if (IsLfsPointer(bytes_)) return Broken(kLfsPointerMessage);
  if (!bytes_.starts_with("GGUF")) {
    return Broken(fmt::format(
        "not a GGUF file: expected it to begin with 'GGUF', found '{}'",
        Printable(bytes_.substr(0, 4))));
  }
  uint32_t magic = 0;
  uint32_t version = 0;
  if (!cursor_.Read(&magic) || !cursor_.Read(&version)) {
    return Truncated("the header");
  }
  if (Status status = CheckVersion(version); !status) return status;
  if (!cursor_.Read(&num_tensors_) || !cursor_.Read(&num_keys_)) {
    return Truncated("the header");
  }
  const uint64_t left = cursor_.remaining();
  if (num_keys_ > std::min(kMaxKeys, left / kMinKeyBytes)) {
    return Broken(fmt::format(
        "the header claims {} keys, which do not fit in the file", num_keys_));
  }
  if (num_tensors_ > std::min(kMaxTensors, left / kMinTensorBytes)) {
    return Broken(fmt::format(
        "the header claims {} tensors, which do not fit in the file",
        num_tensors_));
  }
  return {};
}

Status GgufParser::CheckVersion(uint32_t version) const {
  if (version == 2 || version == 3) return {};
  const uint32_t swapped = __builtin_bswap32(version);
  if (swapped == 2 || swapped == 3) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: big-endian GGUF", file_->name_));
  }
  return MakeError(
      ErrorCode::kUnsupported,
      fmt::format("{}: GGUF version {} is not supported, expected 2 or 3",
                  file_->name_, version));
}

Status GgufParser::ParseKey() {
  const size_t begin = cursor_.position();
  std::string_view key;
  uint32_t type = 0;
  if (!cursor_.ReadString(&key)) return Truncated("the name of a key");
  if (!IsName(key)) {
    return Broken(fmt::format("'{}' is not the name of a key, at byte {}",
                              Printable(key), cursor_.position() - key.size()));
  }
  if (!cursor_.Read(&type)) {
    return Truncated(fmt::format("key '{}'", Printable(key)));
  }
  Result<GgufValue> value = values_.Read(type);
  if (!value) {
    return Broken(fmt::format("key '{}' (at byte {}): {}", Printable(key),
                              cursor_.position(), value.error().message));
  }
  const bool is_new =
      file_->values_.emplace(std::string(key), std::move(*value)).second;
  if (!is_new) {
    return Broken(fmt::format("key '{}' appears twice", Printable(key)));
  }
  file_->keys_.emplace_back(key);
  file_->raw_keys_.push_back(bytes_.substr(begin, cursor_.position() - begin));
  return {};
}

Status GgufParser::ParseTensor() {
  std::string_view name;
  if (!cursor_.ReadString(&name)) return Truncated("the name of a tensor");
  if (!IsName(name)) {
    return Broken(fmt::format("'{}' is not the name of a tensor, at byte {}",
                              Printable(name),
                              cursor_.position() - name.size()));
  }
  Tensor tensor;
  tensor.name = name;
  if (Status status = ParseShape(&tensor); !status) return status;
  uint32_t type = 0;
  uint64_t offset = 0;
  if (!cursor_.Read(&type) || !cursor_.Read(&offset)) {
    return Truncated(
        fmt::format("the description of tensor '{}'", Printable(name)));
  }
  tensor.type = static_cast<TensorType>(type);
  const TensorTypeInfo* info = FindTensorTypeInfo(tensor.type);
  if (info == nullptr) {
    return BrokenTensor(tensor, fmt::format("tensor type {} is unknown", type));
  }
  if (tensor.shape.back() % info->block_elements != 0) {
    return BrokenTensor(
        tensor,
        fmt::format("its rows of {} are not whole blocks of {} ({})",
                    tensor.shape.back(), info->block_elements, info->name));
  }
  const std::optional<size_t> bytes = TensorBytes(*info, tensor.shape);
  if (!bytes) {
    return BrokenTensor(tensor, fmt::format("shape {} is absurdly large",
                                            ShapeString(tensor.shape)));
  }
  tensor.bytes = *bytes;
  offsets_.push_back(offset);
  file_->tensors_.push_back(std::move(tensor));
  return {};
}

Status GgufParser::ParseShape(Tensor* tensor) {
  uint32_t num_dims = 0;
  if (!cursor_.Read(&num_dims)) {
    return Truncated(
        fmt::format("the description of tensor '{}'", Printable(tensor->name)));
  }
  if (num_dims < 1 || num_dims > kMaxDims) {
    return BrokenTensor(
        *tensor, fmt::format("expected 1 to 4 dimensions, found {}", num_dims));
  }
  tensor->shape.resize(num_dims);
  // The file has the innermost dimension first.
  for (uint32_t i = num_dims; i-- > 0;) {
    uint64_t dim = 0;
    if (!cursor_.Read(&dim)) {
      return Truncated(
          fmt::format("the shape of tensor '{}'", Printable(tensor->name)));
    }
    if (dim == 0) return BrokenTensor(*tensor, "it has a dimension of 0");
    tensor->shape[i] = static_cast<size_t>(dim);
  }
  return {};
}

Status GgufParser::CheckUniqueNames() const {
  std::unordered_set<std::string_view> names;
  names.reserve(file_->tensors_.size());
  for (const Tensor& tensor : file_->tensors_) {
    if (!names.insert(tensor.name).second) {
      return BrokenTensor(tensor, "it appears twice");
    }
  }
  return {};
}

Result<uint64_t> GgufParser::Alignment() const {
  Result<std::optional<uint64_t>> alignment =
      file_->FindUint("general.alignment");
  if (!alignment) return alignment.error();
  const uint64_t value = alignment->value_or(kDefaultAlignment);
  // The format asks for a multiple of 8, its implementations for a power of 2.
  if (!std::has_single_bit(value) || value < 8 || value > kMaxAlignment) {
    return Broken(
        fmt::format("key 'general.alignment': expected a power of "
                    "two from 8 to {}, found {}",
                    kMaxAlignment, value));
  }
  return value;
}

Status GgufParser::PlaceTensors() {
  Result<uint64_t> alignment = Alignment();
  if (!alignment) return alignment.error();
  if (file_->tensors_.empty()) return {};
  // Cannot overflow: the position is in a mapped file.
  const uint64_t start =
      (cursor_.position() + *alignment - 1) & ~(*alignment - 1);
  if (start > bytes_.size()) return Broken("the file ends before its data");
  for (size_t i = 0; i < file_->tensors_.size(); ++i) {
    Tensor* tensor = &file_->tensors_[i];
    if (Status status = PlaceTensor(start, *alignment, offsets_[i], tensor);
        !status) {
      return status;
    }
  }
  return CheckNoOverlap();
}

Status GgufParser::PlaceTensor(uint64_t start, uint64_t alignment,
                               uint64_t offset, Tensor* tensor) const {
  if (offset % alignment != 0) {
    return BrokenTensor(
        *tensor, fmt::format("offset {} is not a multiple of the alignment {}",
                             offset, alignment));
  }
  const uint64_t size = bytes_.size() - start;
  if (offset > size || tensor->bytes > size - offset) {
    return BrokenTensor(
        *tensor, fmt::format("its {} bytes at offset {} are not inside the "
                             "file's data of {} bytes",
                             tensor->bytes, offset, size));
  }
  tensor->data = reinterpret_cast<const std::byte*>(bytes_.data()) +
                 static_cast<size_t>(start + offset);
  return {};
}

Status GgufParser::CheckNoOverlap() const {
  std::vector<const Tensor*> sorted;
  sorted.reserve(file_->tensors_.size());
  for (const Tensor& tensor : file_->tensors_) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(),
            [](const Tensor* a, const Tensor* b) { return a->data < b->data; });
  for (size_t i = 1; i < sorted.size(); ++i) {
    const Tensor& previous = *sorted[i - 1];
    if (previous.data + previous.bytes > sorted[i]->data) {
      return BrokenTensor(*sorted[i], fmt::format("it overlaps tensor '{}'",
                                                  Printable(previous.name)));
    }
  }
  return {};
}

Result<std::unique_ptr<GgufFile>> GgufFile::Parse(std::string_view bytes,
                                                  std::string name) {
  auto file = std::make_unique<GgufFile>();
  file->name_ = std::move(name);
  if (Status status = GgufParser(bytes, file.get()).Parse(); !status) {
    return status.error();
  }
  return file;
}

Result<std::unique_ptr<GgufFile>> GgufFile::Open(
    const std::filesystem::path& path) {
  Result<MappedFile> mapped = MappedFile::Open(path);
  if (!mapped) return mapped.error();
  Result<std::unique_ptr<GgufFile>> file =
      Parse(mapped->bytes(), path.string());
  // The bytes stay where they are when the mapping moves.
  if (file) (*file)->file_ = std::move(*mapped);
  return file;
}

}  // namespace krait::engine
