// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/digest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace krait::models {
namespace {

template <class Hash>
std::string HexOf(std::string_view text, size_t piece) {
  Hash hash;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    hash.Update(text.substr(0, piece));
  }
  return hash.Hex();
}

TEST(DigestTest, IsThatOfTheStandard) {
  // The examples of FIPS 180.
  const std::string two_blocks =
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(HexOf<Sha256>("", 1),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf<Sha256>("abc", 1),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf<Sha256>(two_blocks, 100),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HexOf<Sha256>(million, 1009),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(HexOf<Sha1>("abc", 2), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(HexOf<Sha1>(two_blocks, 7),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(HexOf<Sha1>(million, 4096),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST(DigestTest, HowItIsCutDoesNotMatter) {
  // All lengths around the ends of blocks and of the padding.
  for (size_t length = 0; length < 200; ++length) {
    std::string text;
    for (size_t i = 0; i < length; ++i) text += static_cast<char>(i * 7);
    const std::string whole = HexOf<Sha256>(text, 1000);
    for (const size_t piece : {1U, 3U, 63U, 64U, 65U}) {
      EXPECT_EQ(HexOf<Sha256>(text, piece), whole) << length << " " << piece;
    }
  }
}

TEST(DigestTest, AFileOfGitHasItsLengthInItsName) {
  ContentHash hash(ContentName::Kind::kGitBlob, 6);
  hash.Update("hello\n");  // git hash-object
  EXPECT_EQ(hash.Hex(), "ce013625030ba8dba906f756967f9e9ca394464a");
  ContentHash unknown(ContentName::Kind::kUnknown, 6);
  unknown.Update("hello\n");
  EXPECT_EQ(unknown.Hex(), "");
}

TEST(DigestTest, HexIsLowerCase) {
  EXPECT_TRUE(IsHex("09af", 4));
  EXPECT_FALSE(IsHex("09aF", 4));
  EXPECT_FALSE(IsHex("09af", 5));
  EXPECT_FALSE(IsHex("09a/", 4));
}

}  // namespace
}  // namespace krait::models
