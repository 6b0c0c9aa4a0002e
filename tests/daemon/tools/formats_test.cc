// SPDX-License-Identifier: Apache-2.0
//
// The small formats of the command line: token lists, JSON text, .npy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstring>
#include <filesystem>
#include <limits>

#include "base/json_text.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/text_file.h"
#include "daemon/tools/npy.h"
#include "daemon/tools/token_list.h"

namespace krait::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TokenListTest, ReadsPlainIdsAndJson) {
  EXPECT_THAT(*ParseTokenIds("1,2,3", 10, "x"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*ParseTokenIds(" 1 2\n3\n", 10, "x"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*ParseTokenIds("{\"ids\": [4, 5]}\n", 10, "x"),
              ElementsAre(4, 5));
  EXPECT_THAT(*ParseTokenIds("", 10, "x"), ElementsAre());
}

TEST(TokenListTest, RefusesWhatIsNoToken) {
  for (const char* text :
       {"1,x", "10", "-1", "1.5", "99999999999999999999", "{\"ids\": 3}",
        "{\"ids\": [-1]}", "{\"ids\": [10]}", "{", "{\"id\": []}"}) {
    const auto ids = ParseTokenIds(text, 10, "--ids");
    ASSERT_FALSE(ids.has_value()) << text;
    EXPECT_EQ(ids.error().code, base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(ids.error().message, HasSubstr("--ids"));
  }
}

TEST(BytesTextTest, CountsInPowersOf1024) {
  EXPECT_EQ(BytesText(0), "0.0 KiB");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(size_t{512} << 20), "512.0 MiB");
  EXPECT_EQ(BytesText(size_t{1} << 30), "1.00 GiB");
}

TEST(TextFileTest, TellsTextFromWhatIsNone) {
  EXPECT_TRUE(CheckIsText("", "a.py"));
  EXPECT_TRUE(CheckIsText("x = \"\u00e4\"\n", "a.py"));
  const auto latin1 = CheckIsText("x\ny = \"\xe4\"\n", "a.py");
  ASSERT_FALSE(latin1);
  EXPECT_THAT(latin1.error().message,
              HasSubstr("a.py:2: expected text in UTF-8, found the byte 0xe4"));
  const auto binary = CheckIsText(std::string_view("\x7f"
                                                   "ELF\0",
                                                   5),
                                  "a.out");
  ASSERT_FALSE(binary);
  EXPECT_THAT(binary.error().message, HasSubstr("a.out: expected text"));
}

TEST(JsonTextTest, WritesNumbersAsPeopleDo) {
  const boost::json::object json = {{"a", 0.25},
                                    {"b", 3},
                                    {"c", nullptr},
                                    {"d", boost::json::array{1, true, "x"}},
                                    {"e", 1e300}};
  EXPECT_EQ(base::JsonText(json),
            R"({"a": 0.25, "b": 3, "c": null, "d": [1, true, "x"], )"
            R"("e": 1e+300})");
}

TEST(JsonTextTest, IsAlwaysValid) {
  EXPECT_EQ(base::JsonText("a\xFF\"\n"), "\"a\xEF\xBF\xBD\\\"\\n\"");
  EXPECT_EQ(base::JsonText(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(base::JsonText(std::numeric_limits<double>::infinity()), "null");
}

TEST(NpyTest, HeaderIsAlignedAndNamesTheShape) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / "krait_npy_test.npy";
  const size_t shape[] = {2, 3};
  const float values[] = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(WriteNpy(path, shape, values).has_value());
  const auto bytes = ReadText(path);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(bytes->substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = static_cast<unsigned char>((*bytes)[8]) +
                        256U * static_cast<unsigned char>((*bytes)[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_EQ((*bytes)[9 + header], '\n');
  EXPECT_THAT(*bytes, HasSubstr("'shape': (2, 3, )"));
  EXPECT_THAT(*bytes, HasSubstr("'descr': '<f4'"));
  ASSERT_EQ(bytes->size(), 10 + header + sizeof(values));
  EXPECT_EQ(std::memcmp(bytes->data() + 10 + header, values, sizeof(values)),
            0);
  std::filesystem::remove(path);
}

TEST(TextFileTest, NamesWhatCannotBeRead) {
  EXPECT_THAT(ReadText("/no/such/file").error().message,
              HasSubstr("/no/such/file: no such file"));
  EXPECT_THAT(ReadText("/").error().message, HasSubstr("is a directory"));
}

}  // namespace
}  // namespace krait::daemon
