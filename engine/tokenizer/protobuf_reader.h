// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_PROTOBUF_READER_H_
#define KRAIT_ENGINE_TOKENIZER_PROTOBUF_READER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace krait::engine {

// Reads the fields of one protobuf message from bytes in memory, without
// copying or recursion. A malformed message ends the reading with ok() false.
class ProtobufReader {
 public:
  enum class WireType : uint8_t {
    kVarint = 0,
    kFixed64 = 1,
    kBytes = 2,
    kFixed32 = 5,
  };

  explicit ProtobufReader(std::string_view bytes) : bytes_(bytes) {}

  // Moves on to the next field; false at the end and on a malformed one.
  bool Next() {
    if (!ok_ || pos_ >= bytes_.size()) return false;
    ok_ = ReadField();
    return ok_;
  }

  bool ok() const { return ok_; }
  size_t pos() const { return pos_; }  // byte offset, for messages
  uint64_t field() const { return field_; }

  bool IsVarint() const { return type_ == WireType::kVarint; }
  bool IsFixed32() const { return type_ == WireType::kFixed32; }
  bool IsBytes() const { return type_ == WireType::kBytes; }

  uint64_t Varint() const { return number_; }
  int64_t SignedVarint() const { return static_cast<int64_t>(number_); }
  float Float() const {
    return std::bit_cast<float>(static_cast<uint32_t>(number_));
  }
  std::string_view Bytes() const { return content_; }

 private:
  bool ReadVarint(uint64_t* value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64 && pos_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[pos_++]);
      *value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool ReadFixed(size_t size) {
    if (bytes_.size() - pos_ < size) return false;
    number_ = 0;
    for (size_t i = 0; i < size; ++i) {  // little endian
      const auto byte = static_cast<unsigned char>(bytes_[pos_ + i]);
      number_ |= uint64_t{byte} << (8 * i);
    }
    pos_ += size;
    return true;
  }

  bool ReadField() {
    uint64_t tag = 0;
    if (!ReadVarint(&tag)) return false;
    field_ = tag >> 3;
    type_ = static_cast<WireType>(tag & 7);
    if (field_ == 0) return false;
    switch (type_) {
      case WireType::kVarint:
        return ReadVarint(&number_);
      case WireType::kFixed64:
        return ReadFixed(8);
      case WireType::kFixed32:
        return ReadFixed(4);
      case WireType::kBytes: {
        uint64_t size = 0;
        if (!ReadVarint(&size) || size > bytes_.size() - pos_) return false;
        content_ = bytes_.substr(pos_, static_cast<size_t>(size));
        pos_ += static_cast<size_t>(size);
        return true;
      }
    }
    return false;  // groups, which nothing has used for a long time
  }

  std::string_view bytes_;
  size_t pos_ = 0;
  bool ok_ = true;
  uint64_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view content_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_PROTOBUF_READER_H_
