// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_writer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "base/private_files.h"

namespace krait::engine {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are written as they lie in memory");

// Value types of the format.
constexpr uint32_t kUint32 = 4;
constexpr uint32_t kInt32 = 5;
constexpr uint32_t kFloat32 = 6;
constexpr uint32_t kBool = 7;
constexpr uint32_t kString = 8;
constexpr uint32_t kArray = 9;

constexpr size_t kAlignment = 32;
constexpr size_t kPieceBytes = size_t{8} << 20U;  // about

template <class Number>
void Append(Number number, std::string* out) {
  out->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void AppendString(std::string_view text, std::string* out) {
  Append(static_cast<uint64_t>(text.size()), out);
  *out += text;
}

size_t Aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void GgufWriter::AddKey(std::string_view key, uint32_t type) {
  AppendString(key, &metadata_);
  Append(type, &metadata_);
  ++num_keys_;
}

void GgufWriter::AddArrayHead(std::string_view key, uint32_t type,
                              size_t length) {
  AddKey(key, kArray);
  Append(type, &metadata_);
  Append(static_cast<uint64_t>(length), &metadata_);
}

void GgufWriter::AddUint32(std::string_view key, uint32_t value) {
  AddKey(key, kUint32);
  Append(value, &metadata_);
}

void GgufWriter::AddFloat32(std::string_view key, float value) {
  AddKey(key, kFloat32);
  Append(value, &metadata_);
}

void GgufWriter::AddBool(std::string_view key, bool value) {
  AddKey(key, kBool);
  metadata_ += static_cast<char>(value ? 1 : 0);
}

void GgufWriter::AddString(std::string_view key, std::string_view value) {
  AddKey(key, kString);
  AppendString(value, &metadata_);
}

void GgufWriter::AddStrings(std::string_view key,
                            std::span<const std::string> values) {
  AddArrayHead(key, kString, values.size());
  for (const std::string& value : values) AppendString(value, &metadata_);
}

void GgufWriter::AddFloats(std::string_view key,
                           std::span<const float> values) {
  AddArrayHead(key, kFloat32, values.size());
  for (const float value : values) Append(value, &metadata_);
}

void GgufWriter::AddInts(std::string_view key,
                         std::span<const int32_t> values) {
  AddArrayHead(key, kInt32, values.size());
  for (const int32_t value : values) Append(value, &metadata_);
}

void GgufWriter::AddRaw(std::string_view raw_key) {
  metadata_ += raw_key;
  ++num_keys_;
}

void GgufWriter::AddTensor(std::string name, TensorType type,
                           std::vector<size_t> shape, Fill fill) {
  const TensorTypeInfo* info = FindTensorTypeInfo(type);
  assert(info != nullptr && !shape.empty());
  const size_t row_bytes =
      shape.back() / info->block_elements * info->block_bytes;
  const size_t bytes = TensorBytes(*info, shape).value_or(0);
  const size_t ofs = tensors_.empty()
                         ? 0
                         : Aligned(tensors_.back().ofs + tensors_.back().bytes);
  tensors_.push_back({.name = std::move(name),
                      .type = type,
                      .shape = std::move(shape),
                      .fill = std::move(fill),
                      .row_bytes = row_bytes,
                      .bytes = bytes,
                      .ofs = ofs});
  data_bytes_ += bytes;
}

std::string GgufWriter::Header() const {
  std::string header = "GGUF";
  Append(uint32_t{3}, &header);
  Append(static_cast<uint64_t>(tensors_.size()), &header);
  Append(num_keys_, &header);
  header += metadata_;
  for (const PlannedTensor& tensor : tensors_) {
    AppendString(tensor.name, &header);
    Append(static_cast<uint32_t>(tensor.shape.size()), &header);
    for (size_t i = tensor.shape.size(); i-- > 0;) {
      Append(static_cast<uint64_t>(tensor.shape[i]), &header);
    }
    Append(static_cast<uint32_t>(tensor.type), &header);
    Append(static_cast<uint64_t>(tensor.ofs), &header);
  }
  header.resize(Aligned(header.size()), '\0');
  return header;
}

Status GgufWriter::Write(const std::filesystem::path& path,
                         const std::function<void(size_t)>& on_written,
                         const std::stop_token& stop) const {
  base::PrivateFileWriter file(path, stop);
  const std::string header = Header();
  file.Write(header.data(), header.size());
  std::string piece;
  size_t written = 0;
  for (const PlannedTensor& tensor : tensors_) {
    const size_t rows = std::max<size_t>(1, kPieceBytes / tensor.row_bytes);
    const size_t most = rows * tensor.row_bytes;
    for (size_t done = 0; done < tensor.bytes; done += piece.size()) {
      if (file.failed()) return file.Finish();
      piece.resize(std::min(most, tensor.bytes - done));
      tensor.fill(std::as_writable_bytes(std::span(piece)));
      file.Write(piece.data(), piece.size());
      written += piece.size();
      on_written(written);
    }
    piece.assign(Aligned(tensor.bytes) - tensor.bytes, '\0');
    file.Write(piece.data(), piece.size());
  }
  return file.Finish();
}

}  // namespace krait::engine
