// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/hub_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/models/http.h"

namespace krait::models {
namespace {

using testing::HasSubstr;

const std::string kCommit(40, 'a');
const std::string kSha256(64, 'b');

TEST(HubApiTest, ARevisionIsACommit) {
  const std::string json =
      R"({"branches": [{"name": "main", "targetCommit": ")" + kCommit +
      R"("}], "tags": [{"name": "v1"}]})";
  EXPECT_EQ(*ParseRefs(json, "main"), kCommit);
  EXPECT_THAT(ParseRefs(json, "v1").error().message, HasSubstr("commit"));
  EXPECT_EQ(ParseRefs(json, "v2").error().code, base::ErrorCode::kNotFound);
  EXPECT_FALSE(ParseRefs("[1", "main"));
  EXPECT_FALSE(ParseRefs("7", "main"));
}

TEST(HubApiTest, FilesHaveLengthsAndHashes) {
  const auto files = ParseTree(
      R"([{"type": "directory", "path": "d"},
          {"type": "file", "path": "m.gguf", "size": 9, "oid": "x",
           "lfs": {"oid": ")" +
      kSha256 + R"(", "size": 5000000000}},
          {"type": "file", "path": "d/config.json", "size": 2, "oid": ")" +
      kCommit + R"("}])");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2);
  EXPECT_EQ((*files)[0].bytes, 5'000'000'000);
  EXPECT_EQ((*files)[0].content.kind, ContentName::Kind::kSha256);
  EXPECT_EQ((*files)[0].etag(), kSha256);
  EXPECT_EQ((*files)[1].content.kind, ContentName::Kind::kGitBlob);
}

TEST(HubApiTest, WhatWouldLeaveTheFolderIsRefused) {
  for (const char* path : {"../x", "/etc/passwd", "a/../../b", "", "a\\\\b"}) {
    const std::string json = R"([{"type": "file", "path": ")" +
                             std::string(path) + R"(", "size": 1, "oid": ")" +
                             kCommit + R"("}])";
    EXPECT_FALSE(ParseTree(json)) << path;
  }
}

TEST(HubApiTest, WrongLengthsAndHashesAreRefused) {
  for (const char* fields :
       {R"("size": -1, "oid": "OID")", R"("size": 1.5, "oid": "OID")",
        R"("size": 9223372036854775807, "oid": "OID")", R"("oid": "OID")",
        R"("size": 1, "oid": "../../../x")", R"("size": 1)",
        R"("size": 1, "oid": "OID", "lfs": {"oid": "sha256", "size": 1}")"}) {
    std::string json =
        R"([{"type": "file", "path": "f", )" + std::string(fields) + "}]";
    if (const size_t at = json.find("OID"); at != json.npos) {
      json.replace(at, 3, kCommit);
    }
    EXPECT_FALSE(ParseTree(json)) << json;
  }
}

TEST(HubApiTest, TheModelOfAManifest) {
  const std::string model =
      R"({"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:)" +
      kSha256 + R"(", "size": 7})";
  const auto found =
      ParseOllamaManifest(R"({"layers": [{"mediaType": "x"}, )" + model + "]}");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->sha256, kSha256);
  EXPECT_EQ(found->bytes, 7);
  EXPECT_FALSE(ParseOllamaManifest(R"({"layers": []})"));
  EXPECT_FALSE(ParseOllamaManifest(R"({"layers": [{"mediaType":
      "application/vnd.ollama.image.model", "digest": "sha256:../x",
      "size": 7}]})"));
}

TEST(HttpTest, HeadsAreRead) {
  HttpHead head;
  for (const char* line :
       {"HTTP/1.1 200 Connection established\r\n", "X: old\r\n", "\r\n",
        "HTTP/2 302\r\n", "Location:  https://x/y \r\n", "no colon\r\n",
        "content-LENGTH: 12\r\n"}) {
    AddHeadLine(line, &head);
  }
  EXPECT_EQ(head.status, 302);
  EXPECT_TRUE(head.IsRedirect());
  EXPECT_EQ(head.Find("location"), "https://x/y");
  EXPECT_EQ(head.Find("x"), "");  // of the answer before
  EXPECT_EQ(head.ContentLength(), 12);
}

TEST(HttpTest, RangesAreRead) {
  const auto range = ParseContentRange("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, 5);
  EXPECT_EQ(range->total, 10);
  EXPECT_FALSE(ParseContentRange("bytes 5-9/*")->total);
  EXPECT_FALSE(ParseContentRange("bytes */10")->begin);
  for (const char* text :
       {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10",
        "bytes -1-5/10", "items 0-1/2", "bytes 0-1/99999999999999999999"}) {
    EXPECT_FALSE(ParseContentRange(text)) << text;
  }
}

TEST(HttpTest, TheNextPage) {
  EXPECT_EQ(NextLink(R"(<https://h/a?b=1>; rel="next")"), "https://h/a?b=1");
  EXPECT_EQ(NextLink(R"(<https://h/z>; rel="prev", </x>; rel="next")"), "/x");
  EXPECT_EQ(NextLink(R"(<https://h/z>; rel="prev")"), "");
  EXPECT_EQ(NextLink("<unfinished"), "");
}

}  // namespace
}  // namespace krait::models
