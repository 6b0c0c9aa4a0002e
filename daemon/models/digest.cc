// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace krait::models {
namespace {

constexpr std::array<uint32_t, 64> kSha256Rounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t BigEndian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
         uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

std::string HexOf(std::span<const uint32_t> words) {
  std::string hex;
  for (const uint32_t word : words) hex += fmt::format("{:08x}", word);
  return hex;
}

}  // namespace

template <class Hash>
void BlockHash::Add(std::string_view bytes, Hash* hash) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  const size_t filled = bytes_ % kBlock;
  bytes_ += left;
  if (filled > 0) {
    const size_t taken = std::min(left, kBlock - filled);
    std::memcpy(block_.data() + filled, data, taken);
    data += taken;
    left -= taken;
    if (filled + taken < kBlock) return;
    hash->Mix(block_.data());
  }
  for (; left >= kBlock; data += kBlock, left -= kBlock) hash->Mix(data);
  if (left > 0) std::memcpy(block_.data(), data, left);
}

template <class Hash>
void BlockHash::Pad(Hash* hash) {
  constexpr size_t kLengthBytes = 8;
  const uint64_t bits = bytes_ * 8;
  const size_t filled = bytes_ % kBlock;
  const size_t room = kBlock - kLengthBytes;
  const size_t zeros = (filled < room ? room : room + kBlock) - filled;
  std::string padding(zeros, '\0');
  padding[0] = '\x80';
  for (int shift = 56; shift >= 0; shift -= 8) {
    padding += static_cast<char>(bits >> shift & 0xFFU);
  }
  Add(padding, hash);
}

void Sha256::Mix(const uint8_t* block) {
  std::array<uint32_t, 64> w;
  for (size_t i = 0; i < 16; ++i) w[i] = BigEndian(block + 4 * i);
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t s0 =
        std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const uint32_t s1 =
        std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  // Unrolled, so that what moves from name to name stays where it is: twice as
  // fast.
#pragma GCC unroll 64
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kSha256Rounds[i] + w[i];
    const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<uint32_t, 8> mixed = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < mixed.size(); ++i) state_[i] += mixed[i];
}

std::string Sha256::Hex() {
  blocks_.Pad(this);
  return HexOf(state_);
}

void Sha1::Mix(const uint8_t* block) {
  std::array<uint32_t, 80> w;
  for (size_t i = 0; i < 16; ++i) w[i] = BigEndian(block + 4 * i);
  for (size_t i = 16; i < 80; ++i) {
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  auto [a, b, c, d, e] = state_;
  for (size_t i = 0; i < 80; ++i) {
    uint32_t f = b ^ c ^ d;
    uint32_t k = i < 40 ? 0x6ed9eba1 : 0xca62c1d6;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i >= 40 && i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    }
    const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const std::array<uint32_t, 5> mixed = {a, b, c, d, e};
  for (size_t i = 0; i < mixed.size(); ++i) state_[i] += mixed[i];
}

std::string Sha1::Hex() {
  blocks_.Pad(this);
  return HexOf(state_);
}

ContentHash::ContentHash(ContentName::Kind kind, uint64_t bytes) {
  if (kind == ContentName::Kind::kSha256) hash_ = Sha256();
  if (kind != ContentName::Kind::kGitBlob) return;
  Sha1 sha1;
  const std::string head = fmt::format("blob {}", bytes);
  sha1.Update({head.c_str(), head.size() + 1});  // with its zero byte
  hash_ = sha1;
}

void ContentHash::Update(std::string_view bytes) {
  if (auto* sha256 = std::get_if<Sha256>(&hash_)) sha256->Update(bytes);
  if (auto* sha1 = std::get_if<Sha1>(&hash_)) sha1->Update(bytes);
}

std::string ContentHash::Hex() {
  if (auto* sha256 = std::get_if<Sha256>(&hash_)) return sha256->Hex();
  if (auto* sha1 = std::get_if<Sha1>(&hash_)) return sha1->Hex();
  return {};
}

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace krait::models
