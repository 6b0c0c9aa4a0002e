// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_DIGEST_H_
#define KRAIT_DAEMON_MODELS_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace krait::models {

// The hashes by which registries name files. Written out here (FIPS 180-4)
// because a library for them would be a dependency of every package, and a
// download is slower than either.

// What two hashes over blocks of 64 bytes have in common. Thread-compatible.
class BlockHash {
 public:
  static constexpr size_t kBlock = 64;  // bytes

  // Adds bytes to what is hashed.
  template <class Hash>
  void Add(std::string_view bytes, Hash* hash);
  // Adds the padding and the length.
  template <class Hash>
  void Pad(Hash* hash);

 private:
  std::array<uint8_t, kBlock> block_{};
  uint64_t bytes_ = 0;  // so far
};

class Sha256 {
 public:
  void Update(std::string_view bytes) { blocks_.Add(bytes, this); }
  // Returns 64 hex digits. Nothing may be added any more.
  std::string Hex();

 private:
  friend class BlockHash;
  void Mix(const uint8_t* block);

  BlockHash blocks_;
  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                 0x1f83d9ab, 0x5be0cd19};
};

class Sha1 {
 public:
  void Update(std::string_view bytes) { blocks_.Add(bytes, this); }
  // Returns 40 hex digits. Nothing may be added any more.
  std::string Hex();

 private:
  friend class BlockHash;
  void Mix(const uint8_t* block);

  BlockHash blocks_;
  std::array<uint32_t, 5> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                 0xc3d2e1f0};
};

// What a file's content is to be.
struct ContentName {
  enum class Kind : uint8_t {
    kUnknown,  // anything
    kSha256,
    kGitBlob,  // git's name of a file: SHA-1 of "blob SIZE\0" and the content
  };
  Kind kind = Kind::kUnknown;
  std::string hex;

  static ContentName OfSha256(std::string hex) {
    return {Kind::kSha256, std::move(hex)};
  }
};

// Hashes a content as it comes, for comparing it with a name of that kind.
class ContentHash {
 public:
  // `bytes`: how long the content will be, which git hashes, too.
  ContentHash(ContentName::Kind kind, uint64_t bytes);

  void Update(std::string_view bytes);
  std::string Hex();  // empty for kUnknown

 private:
  std::variant<std::monostate, Sha256, Sha1> hash_;
};

inline constexpr size_t kSha1Digits = 40;  // and those of a commit
inline constexpr size_t kSha256Digits = 64;

// Whether `text` is `digits` hex digits in lower case.
bool IsHex(std::string_view text, size_t digits);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_DIGEST_H_
