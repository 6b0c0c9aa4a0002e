// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/token_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "base/private_files.h"
#include "daemon/config/config.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr size_t kTokenBytes = 32;
constexpr size_t kLeastLength = 16;
constexpr size_t kMostLength = 512;

base::Result<std::string> MakeToken() {
  std::array<unsigned char, kTokenBytes> bytes;
  if (getrandom(bytes.data(), bytes.size(), 0) !=
      static_cast<ssize_t>(bytes.size())) {
    return MakeError(ErrorCode::kIo, "no random numbers for a token");
  }
  std::string token = "krait-";
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

bool IsTokenChar(char c) {
  return c > ' ' && c < '\x7f';
}

base::Result<std::string> ReadToken(int fd, const std::string& name) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return MakeError(ErrorCode::kBadFile, name + ": expected a file");
  }
  constexpr mode_t kOthers = 077;
  if (info.st_uid != geteuid() || (info.st_mode & kOthers) != 0) {
    return MakeError(ErrorCode::kBadFile,
                     name +
                         ": others may read the token; expected a file of "
                         "yours with mode 0600");
  }
  std::array<char, kMostLength + 2> buffer;
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  std::string token(buffer.data(), size < 0 ? 0 : static_cast<size_t>(size));
  while (token.ends_with('\n')) token.pop_back();
  const bool sound = token.size() >= kLeastLength &&
                     token.size() <= kMostLength &&
                     std::ranges::all_of(token, IsTokenChar);
  if (!sound) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: expected a token of {} to {} visible characters; "
                    "without the file krait makes one",
                    name, kLeastLength, kMostLength));
  }
  return token;
}

}  // namespace

std::filesystem::path TokenFile() {
  const std::filesystem::path home = StateHome();
  return home.empty() ? home : home / "http-token";
}

base::Result<std::string> ReadOrMakeToken(const std::filesystem::path& file) {
  if (file.empty()) return MakeToken();
  const base::FileDescriptor opened(
      open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (opened) return ReadToken(opened.get(), file.string());
  if (errno != ENOENT) {
    return MakeError(ErrorCode::kIo, fmt::format("{}: {}", file.string(),
                                                 std::strerror(errno)));
  }
  auto token = MakeToken();
  if (!token) return token;
  if (auto made = base::MakePrivateDirectories(file.parent_path()); !made) {
    return made.error();
  }
  if (auto written = base::WritePrivateFile(file, *token + "\n"); !written) {
    return written.error();
  }
  return token;
}

}  // namespace krait::daemon
