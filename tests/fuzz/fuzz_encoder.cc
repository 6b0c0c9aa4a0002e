// SPDX-License-Identifier: Apache-2.0
// Any bytes as one of the files of a sentence encoder, the others of which are
// in order, or as a GGUF file.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/embedding/text_encoder.h"

namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 5> kFiles = {
    "config.json", "tokenizer.json", "model.safetensors",
    "1_Pooling/config.json", "sentence_bert_config.json"};

// A copy of the tiny encoder; goes with the process.
const fs::path& Folder() {
  static const struct Copy {
    Copy() {
      std::string name =
          (fs::temp_directory_path() / "krait-fuzz-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr) std::abort();
      path = name;
    }
    ~Copy() {
      std::error_code none;
      fs::remove_all(path, none);
    }
    fs::path path;
  } copy;
  return copy.path;
}

void Restore() {
  fs::copy(KRAIT_TEST_DATA "/encoders/bert-tiny", Folder(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

// What loads must give numbers, for any text.
void Use(const fs::path& path, std::string_view text) {
  const auto encoder = krait::engine::TextEncoder::Load(path);
  if (!encoder) {
    if (encoder.error().message.empty()) std::abort();
    return;
  }
  std::vector<float> vector((*encoder)->dimension());
  const auto scratch = (*encoder)->NewScratch();
  (*encoder)->Encode({&text, 1}, *scratch, vector.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool gguf = bytes.starts_with("GGUF");
  Restore();
  const fs::path file =
      Folder() / (gguf ? "model.gguf" : kFiles[data[0] % kFiles.size()]);
  std::ofstream(file, std::ios::binary) << (gguf ? bytes : bytes.substr(1));
  Use(gguf ? file : Folder(), bytes);
  return 0;
}
