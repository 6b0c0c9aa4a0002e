// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/gguf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace krait::daemon {
namespace {

using engine::TensorType;

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
constexpr size_t kBlockBytes = 34;                  // of Q8_0
constexpr size_t kPieceBytes = kBlockBytes << 18U;  // 8.5 MiB, even

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

size_t DataBytes(TensorType type, size_t elements) {
  switch (type) {
    case TensorType::kF32:
      return elements * 4;
    case TensorType::kQ8_0:
      return elements / 32 * kBlockBytes;
    default:
      return elements * 2;
  }
}

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

bool WriteAll(std::FILE* file, std::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
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

void GgufWriter::AddTensor(std::string name, TensorType type,
                           std::vector<size_t> shape, Fill fill) {
  size_t elements = 1;
  for (const size_t dim : shape) elements *= dim;
  const size_t bytes = DataBytes(type, elements);
  const size_t ofs = tensors_.empty()
                         ? 0
                         : Aligned(tensors_.back().ofs + tensors_.back().bytes);
  tensors_.push_back({.name = std::move(name),
                      .type = type,
                      .shape = std::move(shape),
                      .fill = std::move(fill),
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

base::Status GgufWriter::Write(
    const std::filesystem::path& path,
    const std::function<void(size_t)>& on_written) const {
  std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "wb"));
  bool ok = file != nullptr && WriteAll(file.get(), Header());
  std::string piece;
  size_t written = 0;
  for (const PlannedTensor& tensor : tensors_) {
    for (size_t done = 0; ok && done < tensor.bytes; done += piece.size()) {
      piece.resize(std::min(kPieceBytes, tensor.bytes - done));
      tensor.fill(std::as_writable_bytes(std::span(piece)));
      ok = WriteAll(file.get(), piece);
      written += piece.size();
      on_written(written);
    }
    piece.assign(Aligned(tensor.bytes) - tensor.bytes, '\0');
    ok = ok && WriteAll(file.get(), piece);
  }
  ok = ok && std::fclose(file.release()) == 0;
  if (ok) return {};
  return base::MakeError(
      base::ErrorCode::kIo,
      fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace krait::daemon
