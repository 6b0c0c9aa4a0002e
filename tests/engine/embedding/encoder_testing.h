// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_EMBEDDING_ENCODER_TESTING_H_
#define KRAIT_TESTS_ENGINE_EMBEDDING_ENCODER_TESTING_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "engine/embedding/text_encoder.h"

namespace krait::engine {

// A folder of its own, deleted with the test.
class EncoderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name =
        (std::filesystem::temp_directory_path() / "krait-encoder-XXXXXX")
            .string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    std::error_code none;
    std::filesystem::remove_all(folder_, none);
  }

  static std::string Read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  // Copies a folder of the test data.
  void CopyData(const std::string& name) const {
    std::filesystem::copy(
        std::filesystem::path(KRAIT_TEST_DATA) / name, folder_,
        std::filesystem::copy_options::recursive |
            std::filesystem::copy_options::overwrite_existing);
  }

  static std::vector<float> Encode(const TextEncoder& encoder,
                                   std::span<const std::string_view> texts) {
    std::vector<float> vectors(texts.size() * encoder.dimension());
    const auto scratch = encoder.NewScratch();
    encoder.Encode(texts, *scratch, vectors.data());
    return vectors;
  }
  static std::vector<float> Encode(const TextEncoder& encoder,
                                   std::string_view text) {
    return Encode(encoder, std::span(&text, 1));
  }

  static double Dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
  }

  std::filesystem::path folder_;
};

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_EMBEDDING_ENCODER_TESTING_H_
