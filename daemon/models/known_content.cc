// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/known_content.h"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <system_error>

#include "daemon/models/digest.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOllamaBlob = "sha256-";

fs::path NoteOf(const fs::path& file) {
  return file.string() + ".sha256";
}

}  // namespace

ContentName KnownContent(const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  std::string name = real.filename().string();
  if (real.parent_path().filename() == "blobs") {
    if (name.starts_with(kOllamaBlob)) name.erase(0, kOllamaBlob.size());
    if (IsHex(name, kSha256Digits)) return ContentName::OfSha256(name);
    if (IsHex(name, kSha1Digits)) return {ContentName::Kind::kGitBlob, name};
  }
  std::ifstream stream(NoteOf(file));
  std::string hex;
  stream >> hex;
  if (IsHex(hex, kSha256Digits)) return ContentName::OfSha256(hex);
  return {};
}

base::Status NoteContent(const fs::path& file, std::string_view sha256) {
  std::ofstream stream(NoteOf(file));
  stream << fmt::format("{}  {}\n", sha256, file.filename().string());
  if (stream.flush()) return {};
  return base::MakeError(base::ErrorCode::kIo,
                         NoteOf(file).string() + ": cannot be written");
}

}  // namespace krait::models
