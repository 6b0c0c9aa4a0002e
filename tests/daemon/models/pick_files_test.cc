// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/pick_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace krait::models {
namespace {

using testing::HasSubstr;

std::vector<HubFile> Files(const std::vector<std::string>& paths) {
  std::vector<HubFile> files;
  for (const std::string& path : paths) {
    files.push_back({.path = path, .bytes = 10, .content = {}});
  }
  return files;
}

// What is chosen, or the error.
std::string Pick(const std::vector<std::string>& paths,
                 const HubSource& source) {
  const auto picked = PickFiles(Files(paths), source);
  if (!picked) return picked.error().message;
  std::string text = picked->opened_by + ":";
  for (const HubFile& file : picked->files) text += " " + file.path;
  return text;
}

TEST(PickFilesTest, ByQuantisation) {
  const std::vector<std::string> paths = {"m-Q8_0.gguf", "m-Q4_K_M.gguf",
                                          "m-F16.gguf", "mmproj-F16.gguf"};
  EXPECT_EQ(Pick(paths, {.quant = "q8_0"}), "m-Q8_0.gguf: m-Q8_0.gguf");
  EXPECT_EQ(Pick(paths, {.quant = "F16"}), "m-F16.gguf: m-F16.gguf");
  EXPECT_EQ(Pick(paths, {}), "m-Q4_K_M.gguf: m-Q4_K_M.gguf");
  EXPECT_THAT(Pick(paths, {.quant = "Q2_K"}), HasSubstr("m-F16.gguf"));
  EXPECT_THAT(Pick({"a-Q8_0.gguf", "b-Q8_0.gguf"}, {.quant = "Q8_0"}),
              HasSubstr("several files"));
  EXPECT_THAT(Pick({"a.gguf", "b.gguf"}, {}), HasSubstr("several models"));
  EXPECT_EQ(Pick({"only.gguf", "config.json"}, {}), "only.gguf: only.gguf");
}

TEST(PickFilesTest, AllPartsTogether) {
  const std::vector<std::string> paths = {"Q4/m-00002-of-00002.gguf",
                                          "Q4/m-00001-of-00002.gguf"};
  const std::string both =
      "Q4/m-00001-of-00002.gguf: Q4/m-00001-of-00002.gguf "
      "Q4/m-00002-of-00002.gguf";
  EXPECT_EQ(Pick(paths, {}), both);
  EXPECT_EQ(Pick(paths, {.file = paths[0]}), both);
  EXPECT_THAT(Pick({paths[1]}, {}), HasSubstr("is missing"));
}

TEST(PickFilesTest, AFolderWithWhatBelongsToIt) {
  EXPECT_EQ(Pick({"model.safetensors", "config.json", "README.md",
                  "tokenizer.json", "sub/model.safetensors",
                  "consolidated.safetensors", "pytorch_model.bin"},
                 {}),
            ": model.safetensors config.json tokenizer.json");
  EXPECT_EQ(
      Pick({"consolidated.safetensors", "params.json", "tekken.json"}, {}),
      ": consolidated.safetensors params.json tekken.json");
  EXPECT_THAT(Pick({"model-00001-of-00002.safetensors", "config.json"}, {}),
              HasSubstr("missing"));
  EXPECT_THAT(Pick({"pytorch_model.bin", "config.json"}, {}),
              HasSubstr("no model in GGUF"));
  EXPECT_THAT(Pick({}, {}), HasSubstr("no model"));
}

TEST(PickFilesTest, ByFile) {
  EXPECT_EQ(Pick({"a.gguf", "b.gguf"}, {.file = "b.gguf"}), "b.gguf: b.gguf");
  EXPECT_THAT(Pick({"a.gguf"}, {.file = "c.gguf"}), HasSubstr("there is: a"));
  EXPECT_THAT(Pick({"a.gguf", "x.txt"}, {.file = "x.txt"}),
              HasSubstr("is no .gguf"));
}

}  // namespace
}  // namespace krait::models
