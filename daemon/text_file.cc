// SPDX-License-Identifier: Apache-2.0
#include "daemon/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/utf8.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

}  // namespace

base::Result<std::string> ReadStream(std::FILE* stream,
                                     const std::string& name) {
  std::string text;
  std::array<char, 65536> buffer;
  size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), stream)) > 0) {
    text.append(buffer.data(), got);
    if (text.size() > kMaxTextBytes) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: larger than {} MiB", name, kMaxTextBytes >> 20));
    }
  }
  if (std::ferror(stream) != 0) {
    return MakeError(ErrorCode::kIo,
                     fmt::format("{}: {}", name, std::strerror(errno)));
  }
  return text;
}

base::Status CheckIsText(std::string_view text, const std::string& name) {
  if (text.find('\0') != std::string_view::npos) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: expected text in UTF-8, found a zero byte (a binary "
                    "file, or UTF-16)",
                    name));
  }
  const size_t valid = base::ValidUtf8Prefix(text);
  if (valid == text.size()) return {};
  const auto line =
      1 + std::count(text.begin(),
                     text.begin() + static_cast<std::ptrdiff_t>(valid), '\n');
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}:{}: expected text in UTF-8, found the byte 0x{:02x}; "
                  "`iconv -f latin1 -t utf-8` converts Latin-1",
                  name, line, static_cast<unsigned char>(text[valid])));
}

base::Result<std::string> ReadText(const std::filesystem::path& path) {
  if (path == "-") return ReadStream(stdin, "standard input");
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{}: no such file", path.string()));
  }
  if (std::filesystem::is_directory(status)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: is a directory, expected a file", path.string()));
  }
  const File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    return MakeError(ErrorCode::kIo, fmt::format("{}: {}", path.string(),
                                                 std::strerror(errno)));
  }
  return ReadStream(file.get(), path.string());
}

base::Status WriteBytes(const std::filesystem::path& path,
                        std::string_view bytes) {
  File file(std::fopen(path.c_str(), "wb"));
  bool ok = file != nullptr;
  ok = ok &&
       std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  ok = ok && std::fclose(file.release()) == 0;
  if (ok) return {};
  return MakeError(
      ErrorCode::kIo,
      fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

}  // namespace krait::daemon
