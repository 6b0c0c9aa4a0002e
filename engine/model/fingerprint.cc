// SPDX-License-Identifier: Apache-2.0
#include "engine/model/fingerprint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/private_files.h"

namespace krait::engine {
namespace {

constexpr size_t kReadAtOnce = size_t{1} << 20;
constexpr size_t kMostRemembered = 100;

// A file that was written so short a time ago may be written again without
// another time of change.
constexpr std::chrono::seconds kTimeIsCoarse{2};

class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), &XXH3_freeState) {
    XXH3_128bits_reset(state_.get());
  }

  void Add(const void* data, size_t bytes) {
    XXH3_128bits_update(state_.get(), data, bytes);
  }
  void Add(uint64_t number) { Add(&number, sizeof(number)); }
  void Add(std::string_view text) {
    Add(text.size());
    Add(text.data(), text.size());
  }

  Fingerprint Finish() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    Fingerprint fingerprint;
    std::ranges::copy(canonical.digest, fingerprint.bytes.begin());
    return fingerprint;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

Error Changed(const FileStamp& stamp) {
  return MakeError(ErrorCode::kIo,
                   stamp.path.string() + ": was changed while it was read");
}

// Not through the mapping: somebody may cut the file short meanwhile.
Result<Fingerprint> HashFile(const FileStamp& stamp,
                             const std::stop_token& stop) {
  const int fd = open(stamp.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Changed(stamp);
  Hasher hasher;
  std::vector<char> buffer(kReadAtOnce);
  ssize_t got = 1;
  while (got != 0 && !stop.stop_requested()) {
    got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno != EINTR) break;
    if (got > 0) hasher.Add(buffer.data(), static_cast<size_t>(got));
  }
  close(fd);
  if (stop.stop_requested()) {
    return MakeError(ErrorCode::kCancelled, stamp.path.string() + ": stopped");
  }
  if (got < 0 || StampFile(stamp.path) != stamp) return Changed(stamp);
  return hasher.Finish();
}

bool WasJustWritten(const FileStamp& stamp) {
  using std::chrono::system_clock;
  const system_clock::time_point modified(
      std::chrono::duration_cast<system_clock::duration>(
          std::chrono::nanoseconds(stamp.modified_ns)));
  return system_clock::now() - modified < kTimeIsCoarse;
}

// What stands behind the fingerprint in a line of the memory.
std::string LineEnd(const FileStamp& stamp) {
  return fmt::format(" {} {} {} {} {}", stamp.bytes, stamp.modified_ns,
                     stamp.inode, stamp.device, stamp.path.string());
}

}  // namespace

std::string Fingerprint::Hex() const {
  std::string hex;
  for (const uint8_t byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::optional<Fingerprint> Fingerprint::FromHex(std::string_view hex) {
  Fingerprint fingerprint;
  if (hex.size() != 2 * fingerprint.bytes.size()) return std::nullopt;
  for (size_t i = 0; i < fingerprint.bytes.size(); ++i) {
    const char* const digits = hex.data() + 2 * i;
    const auto parsed =
        std::from_chars(digits, digits + 2, fingerprint.bytes[i], 16);
    if (parsed.ptr != digits + 2) return std::nullopt;
  }
  return fingerprint;
}

std::optional<Fingerprint> FingerprintMemory::Find(
    const FileStamp& stamp) const {
  if (file_.empty()) return std::nullopt;
  const std::string wanted = LineEnd(stamp);
  std::ifstream lines(file_);
  std::string line;
  for (size_t i = 0; i < kMostRemembered && std::getline(lines, line); ++i) {
    const size_t hex = line.find(' ');
    if (hex == std::string::npos || line.substr(hex) != wanted) continue;
    return Fingerprint::FromHex(std::string_view(line).substr(0, hex));
  }
  return std::nullopt;
}

void FingerprintMemory::Remember(const FileStamp& stamp,
                                 const Fingerprint& fingerprint) const {
  const std::string path = stamp.path.string();
  if (file_.empty() || path.find('\n') != std::string::npos) return;
  std::string text = fingerprint.Hex() + LineEnd(stamp) + "\n";
  std::ifstream lines(file_);
  std::string line;
  for (size_t i = 1; i < kMostRemembered && std::getline(lines, line); ++i) {
    if (!line.ends_with(" " + path)) text += line + "\n";
  }
  // Without it the model is read again.
  if (base::MakePrivateDirectories(file_.parent_path())) {
    (void)base::WritePrivateFile(file_, text);
  }
}

Result<Fingerprint> FingerprintOf(const ModelStamp& stamp,
                                  std::string_view executor,
                                  const FingerprintMemory& memory,
                                  const std::stop_token& stop) {
  if (stamp.empty()) {
    return MakeError(ErrorCode::kNotFound, "the model's file is gone");
  }
  Hasher hasher;
  hasher.Add(executor);
  hasher.Add(kNumericsVersion);
  hasher.Add(stamp.size());
  for (const FileStamp& file : stamp) {
    std::optional<Fingerprint> content = memory.Find(file);
    if (!content) {
      const Result<Fingerprint> hashed = HashFile(file, stop);
      if (!hashed) return hashed.error();
      content = *hashed;
      if (!WasJustWritten(file)) memory.Remember(file, *content);
    }
    // A model by another name is the same; its parts are told apart by theirs.
    if (stamp.size() > 1) hasher.Add(file.path.filename().string());
    hasher.Add(content->bytes.data(), content->bytes.size());
  }
  return hasher.Finish();
}

}  // namespace krait::engine
