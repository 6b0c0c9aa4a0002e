// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace krait::engine {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kAlignment = 64;

// So many that no prompt has them, so few that no product overflows.
constexpr uint64_t kMaxTokens = uint64_t{1} << 26;
constexpr uint64_t kMaxFloats = uint64_t{1} << 38;

struct Header {
  char magic[8];  // "kraitst" and the version
  uint8_t model[16];
  uint64_t num_tokens;
  uint64_t snapshot_position;
  uint64_t snapshot_floats;
  uint64_t rows_floats;
  uint64_t checksum;  // XXH3-64 of all that follows the header
};
static_assert(sizeof(Header) == kAlignment);

constexpr char kMagic[8] = {'k', 'r', 'a', 'i', 't', 's', 't', '\x01'};

constexpr uint64_t Padded(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t TokensSize(const Header& header) {
  return Padded(header.num_tokens * sizeof(TokenId));
}

uint64_t SnapshotSize(const Header& header) {
  return Padded(header.snapshot_floats * sizeof(float));
}

// Writes a file under another name and renames it once it is whole.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path)
      : path_(std::move(path)),
        temporary_(fmt::format("{}.{}.tmp", path_.string(), getpid())),
        fd_(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                 0600)) {
    if (fd_ < 0) error_ = errno;
  }
  ~AtomicFile() {
    if (fd_ >= 0) close(fd_);
    if (!done_) unlink(temporary_.c_str());
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Writes `bytes`, and zeros up to a multiple of kAlignment.
  void Write(const void* data, size_t bytes) {
    WriteAll(static_cast<const char*>(data), bytes);
    constexpr char kZeros[kAlignment] = {};
    WriteAll(kZeros, Padded(bytes) - bytes);
  }

  Status Finish() {
    if (error_ == 0 && fsync(fd_) != 0) error_ = errno;
    if (error_ == 0 && rename(temporary_.c_str(), path_.c_str()) != 0) {
      error_ = errno;
    }
    done_ = error_ == 0;
    if (done_) return {};
    return MakeError(ErrorCode::kIo,
                     fmt::format("{}: {}", path_.string(),
                                 std::generic_category().message(error_)));
  }

 private:
  void WriteAll(const char* data, size_t bytes) {
    while (error_ == 0 && bytes > 0) {
      const ssize_t written = write(fd_, data, bytes);
      if (written < 0) {
        if (errno != EINTR) error_ = errno;
        continue;
      }
      data += written;
      bytes -= static_cast<size_t>(written);
    }
  }

  const std::filesystem::path path_;
  const std::string temporary_;
  const int fd_;
  int error_ = 0;
  bool done_ = false;
};

// Checksum of parts that are padded with zeros.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState(), &XXH3_freeState) {
    XXH3_64bits_reset(state_.get());
  }
  void Add(const void* data, size_t bytes) {
    constexpr char kZeros[kAlignment] = {};
    XXH3_64bits_update(state_.get(), data, bytes);
    XXH3_64bits_update(state_.get(), kZeros, Padded(bytes) - bytes);
  }
  uint64_t Finish() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::vector<float> RowsOf(const ResumePoint& point) {
  std::vector<float> rows;
  for (const auto& block : point.blocks) block->AppendRows(kBlockTokens, &rows);
  if (point.tail != nullptr) point.tail->AppendRows(point.tail_rows, &rows);
  return rows;
}

Status CheckHeader(const Header& header, size_t file_bytes,
                   const std::string& name) {
  const auto bad = [&](std::string_view what) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", name, what));
  };
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic) - 1) != 0) {
    return bad("not a saved state");
  }
  if (header.magic[7] != kMagic[7]) return bad("of another version of krait");
  if (header.num_tokens == 0 || header.num_tokens > kMaxTokens) {
    return bad("num_tokens is out of range");
  }
  if (header.snapshot_position > header.num_tokens ||
      header.snapshot_position % kBlockTokens != 0) {
    return bad("snapshot_position is not on the grid within the tokens");
  }
  if (header.snapshot_floats > kMaxFloats || header.rows_floats > kMaxFloats) {
    return bad("a part is out of range");
  }
  const uint64_t expected = sizeof(Header) + TokensSize(header) +
                            SnapshotSize(header) +
                            Padded(header.rows_floats * sizeof(float));
  if (file_bytes != expected) {
    return bad(fmt::format("is {} bytes long, its header says {}", file_bytes,
                           expected));
  }
  return {};
}

}  // namespace

Result<StateFileView> ParseStateFile(std::string_view bytes,
                                     const std::string& name) {
  Header header;
  if (bytes.size() < sizeof(header)) {
    return MakeError(ErrorCode::kBadFile, name + ": not a saved state");
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (const Status checked = CheckHeader(header, bytes.size(), name);
      !checked) {
    return checked.error();
  }
  bytes.remove_prefix(sizeof(header));
  if (XXH3_64bits(bytes.data(), bytes.size()) != header.checksum) {
    return MakeError(ErrorCode::kBadFile,
                     name + ": the checksum does not match");
  }
  StateFileView view;
  std::ranges::copy(header.model, view.model.bytes.begin());
  view.tokens.resize(header.num_tokens);
  std::memcpy(view.tokens.data(), bytes.data(),
              view.tokens.size() * sizeof(TokenId));
  view.snapshot_position = header.snapshot_position;
  // Mappings begin on a page.
  const auto floats = [&](uint64_t ofs, uint64_t count) {
    return std::span(reinterpret_cast<const float*>(bytes.data() + ofs), count);
  };
  view.snapshot = floats(TokensSize(header), header.snapshot_floats);
  view.rows =
      floats(TokensSize(header) + SnapshotSize(header), header.rows_floats);
  return view;
}

Result<ResumePoint> MakeResumePoint(const StateFileView& view,
                                    const Model& model,
                                    std::shared_ptr<const void> keeper,
                                    const std::string& name) {
  const auto bad = [&](std::string_view what) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", name, what));
  };
  const size_t vocab = model.hyperparameters().vocab;
  if (std::ranges::any_of(view.tokens,
                          [&](TokenId id) { return id >= vocab; })) {
    return bad("a token is not in the model's vocabulary");
  }
  ResumePoint point;
  point.position = view.snapshot_position;
  if (!view.snapshot.empty()) {
    point.snapshot = model.MakeSnapshot(view.snapshot, std::move(keeper));
  }
  if ((point.snapshot == nullptr) != (point.position == 0)) {
    return bad("the snapshot is not of the model's size");
  }
  const size_t num_rows = view.tokens.size() - view.snapshot_position;
  if (num_rows == 0) return point;
  if (view.rows.size() % num_rows != 0) return bad("rows are cut off");
  const size_t row_size = view.rows.size() / num_rows;
  for (size_t done = 0; done < num_rows; done += kBlockTokens) {
    const size_t rows = std::min(kBlockTokens, num_rows - done);
    auto block = model.MakeBlock(
        view.rows.subspan(done * row_size, rows * row_size), rows);
    if (block == nullptr) return bad("rows are not of the model's size");
    if (rows == kBlockTokens) {
      point.blocks.push_back(std::move(block));
    } else {
      point.tail = std::move(block);
      point.tail_rows = rows;
    }
  }
  return point;
}

Status WriteStateFile(const std::filesystem::path& path,
                      const Fingerprint& model, std::span<const TokenId> tokens,
                      const ResumePoint& point) {
  const std::vector<float> rows = RowsOf(point);
  const std::span<const float> snapshot = point.snapshot == nullptr
                                              ? std::span<const float>()
                                              : point.snapshot->values();
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::ranges::copy(model.bytes, header.model);
  header.num_tokens = tokens.size();
  header.snapshot_position = point.position;
  header.snapshot_floats = snapshot.size();
  header.rows_floats = rows.size();
  Checksum checksum;
  checksum.Add(tokens.data(), tokens.size_bytes());
  checksum.Add(snapshot.data(), snapshot.size_bytes());
  checksum.Add(rows.data(), rows.size() * sizeof(float));
  header.checksum = checksum.Finish();

  AtomicFile file(path);
  file.Write(&header, sizeof(header));
  file.Write(tokens.data(), tokens.size_bytes());
  file.Write(snapshot.data(), snapshot.size_bytes());
  file.Write(rows.data(), rows.size() * sizeof(float));
  return file.Finish();
}

}  // namespace krait::engine
