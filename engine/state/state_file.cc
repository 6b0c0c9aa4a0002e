// SPDX-License-Identifier: Apache-2.0
#include "engine/state/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "base/private_files.h"
#include "engine/aligned_array.h"

namespace krait::engine {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kAlignment = 64;

// So many that no prompt has them, so few that no product overflows.
constexpr uint64_t kMaxTokens = uint64_t{1} << 26;
constexpr uint64_t kMaxFloats = uint64_t{1} << 38;
constexpr uint64_t kMaxOriginsBytes = uint64_t{1} << 20;

struct Header {
  char magic[8];  // "kraitst" and the version
  uint8_t model[16];
  uint64_t origins_bytes;  // paths, each ended by a zero
  uint64_t num_tokens;
  uint64_t snapshot_position;
  uint64_t snapshot_floats;
  uint64_t rows_floats;
  uint64_t kv_before_floats;
  uint64_t reserved[5];
  uint64_t checksum;       // XXH3-64 of all that follows the origins
  uint64_t head_checksum;  // of the header before this field, and the origins
};
static_assert(sizeof(Header) == 2 * kAlignment);
constexpr size_t kCheckedHeaderBytes =
    sizeof(Header) - sizeof(Header::head_checksum);

constexpr char kMagic[8] = {'k', 'r', 'a', 'i',
                            't', 's', 't', char{kStateFileVersion}};

constexpr uint64_t Padded(uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

uint64_t HeadSize(const Header& header) {
  return sizeof(Header) + Padded(header.origins_bytes);
}

uint64_t TokensSize(const Header& header) {
  return Padded(header.num_tokens * sizeof(TokenId));
}

uint64_t SnapshotSize(const Header& header) {
  return Padded(header.snapshot_floats * sizeof(float));
}

uint64_t KvBeforeSize(const Header& header) {
  return Padded(header.kv_before_floats * sizeof(float));
}

uint64_t HeadChecksum(const Header& header, std::string_view origins) {
  std::string head(reinterpret_cast<const char*>(&header), kCheckedHeaderBytes);
  head += origins;
  return XXH3_64bits(head.data(), head.size());
}

// Closes a descriptor at the end of a scope.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : fd_(open(path.c_str(),
                 O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  explicit operator bool() const { return fd_ >= 0; }
  // 0 if it is not a regular file.
  size_t Size() const {
    struct stat info = {};
    if (fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    return static_cast<size_t>(info.st_size);
  }
  // Returns how many bytes there were, which may be fewer; nullopt: an error.
  std::optional<size_t> Read(char* to, size_t bytes) const {
    size_t done = 0;
    while (done < bytes) {
      const ssize_t got = read(fd_, to + done, bytes - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  const int fd_;
};

Error CannotRead(const std::string& name) {
  const int error = errno;
  return MakeError(
      error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
      fmt::format("{}: {}", name, std::generic_category().message(error)));
}

// Writes the parts, each filled up with zeros, and sums them up.
class StateWriter {
 public:
  StateWriter(const std::filesystem::path& path, std::stop_token stop)
      : file_(path, std::move(stop)),
        state_(XXH3_createState(), &XXH3_freeState) {
    XXH3_64bits_reset(state_.get());
  }

  // What is to be written again in the end.
  void Skip(uint64_t bytes) {
    const std::string zeros(bytes, '\0');
    file_.Write(zeros.data(), zeros.size());
  }
  void Write(const void* data, size_t bytes) {
    file_.Write(data, bytes);
    XXH3_64bits_update(state_.get(), data, bytes);
    part_bytes_ += bytes;
  }
  void EndPart() {
    constexpr char kZeros[kAlignment] = {};
    Write(kZeros, Padded(part_bytes_) - part_bytes_);
    part_bytes_ = 0;
  }
  Status Finish(Header header, std::string_view origins) {
    header.checksum = XXH3_64bits_digest(state_.get());
    header.head_checksum = HeadChecksum(header, origins);
    std::string head(reinterpret_cast<const char*>(&header), sizeof(header));
    head += origins;
    file_.Rewrite(head.data(), head.size());
    return file_.Finish();
  }

 private:
  base::PrivateFileWriter file_;
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
  uint64_t part_bytes_ = 0;
};

// Of a file that may go on after `bytes`.
Status CheckHead(const Header& header, std::string_view bytes,
                 const std::string& name) {
  const auto bad = [&](std::string_view what) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", name, what));
  };
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic) - 1) != 0) {
    return bad("not a saved state");
  }
  if (header.magic[7] != kMagic[7]) return bad("of another version of krait");
  if (header.origins_bytes > kMaxOriginsBytes) {
    return bad("origins_bytes is out of range");
  }
  if (bytes.size() < HeadSize(header)) return bad("is cut off");
  const std::string_view origins =
      bytes.substr(sizeof(Header), Padded(header.origins_bytes));
  if (HeadChecksum(header, origins) != header.head_checksum) {
    return bad("the header's checksum does not match");
  }
  return {};
}

Status CheckSizes(const Header& header, size_t file_bytes,
                  const std::string& name) {
  const auto bad = [&](std::string_view what) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", name, what));
  };
  if (header.num_tokens == 0 || header.num_tokens > kMaxTokens) {
    return bad("num_tokens is out of range");
  }
  if (header.snapshot_position > header.num_tokens ||
      header.snapshot_position % kBlockTokens != 0) {
    return bad("snapshot_position is not on the grid within the tokens");
  }
  for (const uint64_t floats :
       {header.snapshot_floats, header.kv_before_floats, header.rows_floats}) {
    if (floats > kMaxFloats) return bad("a part is out of range");
  }
  const uint64_t expected = HeadSize(header) + TokensSize(header) +
                            SnapshotSize(header) + KvBeforeSize(header) +
                            Padded(header.rows_floats * sizeof(float));
  if (file_bytes == expected) return {};
  return bad(fmt::format("is {} bytes long, its header says {}", file_bytes,
                         expected));
}

Result<Header> HeaderOf(std::string_view bytes, const std::string& name) {
  Header header;
  if (bytes.size() < sizeof(header)) {
    return MakeError(ErrorCode::kBadFile, name + ": not a saved state");
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (Status head = CheckHead(header, bytes, name); !head) return head.error();
  return header;
}

std::vector<std::string> SplitOrigins(std::string_view text) {
  std::vector<std::string> origins;
  for (size_t end = text.find('\0'); end != std::string_view::npos;
       end = text.find('\0')) {
    origins.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return origins;
}

// As many as there is room for, which is always more than there are.
std::string JoinOrigins(const std::vector<std::string>& origins) {
  std::string text;
  for (const std::string& origin : origins) {
    if (text.size() + origin.size() >= kMaxOriginsBytes) break;
    text += origin;
    text += '\0';
  }
  return text;
}

// The blocks behind the snapshot, and the tail.
Status AddRows(const StateFileView& view, const StateCodec& codec,
               ResumePoint* point) {
  const size_t num_rows = view.tokens.size() - view.snapshot_position;
  if (view.rows.size() != num_rows * codec.row_floats()) {
    return MakeError(ErrorCode::kBadFile, "rows are not of the model's size");
  }
  for (size_t done = 0; done < num_rows; done += kBlockTokens) {
    const size_t rows = std::min(kBlockTokens, num_rows - done);
    auto block = codec.MakeBlock(
        view.rows.subspan(done * codec.row_floats(), rows * codec.row_floats()),
        rows);
    if (rows == kBlockTokens) {
      point->blocks.push_back(std::move(*block));
    } else {
      point->tail = std::move(*block);
      point->tail_rows = rows;
    }
  }
  return {};
}

}  // namespace

Result<StateFileView> ParseStateFile(std::string_view bytes,
                                     const std::string& name) {
  const Result<Header> header = HeaderOf(bytes, name);
  if (!header) return header.error();
  if (Status sizes = CheckSizes(*header, bytes.size(), name); !sizes) {
    return sizes.error();
  }
  StateFileView view;
  std::ranges::copy(header->model, view.model.bytes.begin());
  view.origins =
      SplitOrigins(bytes.substr(sizeof(Header), header->origins_bytes));
  bytes.remove_prefix(HeadSize(*header));
  if (XXH3_64bits(bytes.data(), bytes.size()) != header->checksum) {
    return MakeError(ErrorCode::kBadFile,
                     name + ": the checksum does not match");
  }
  view.tokens.resize(header->num_tokens);
  std::memcpy(view.tokens.data(), bytes.data(),
              view.tokens.size() * sizeof(TokenId));
  view.snapshot_position = header->snapshot_position;
  const auto floats = [&](uint64_t ofs, uint64_t count) {
    return std::span(reinterpret_cast<const float*>(bytes.data() + ofs), count);
  };
  uint64_t ofs = TokensSize(*header);
  view.snapshot = floats(ofs, header->snapshot_floats);
  ofs += SnapshotSize(*header);
  view.kv_before = floats(ofs, header->kv_before_floats);
  ofs += KvBeforeSize(*header);
  view.rows = floats(ofs, header->rows_floats);
  return view;
}

Result<ResumePoint> MakeResumePoint(const StateFileView& view,
                                    const StateCodec& codec,
                                    const std::string& name) {
  const auto bad = [&](std::string_view what) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: {}", name, what));
  };
  if (std::ranges::any_of(view.tokens,
                          [&](TokenId id) { return id >= codec.vocab(); })) {
    return bad("a token is not in the model's vocabulary");
  }
  ResumePoint point;
  point.position = view.snapshot_position;
  if (!view.snapshot.empty()) {
    const auto copy = std::make_shared<AlignedArray<float>>(
        view.snapshot.size(), Uninitialised{});
    std::ranges::copy(view.snapshot, copy->data());
    point.snapshot =
        codec.MakeSnapshot(std::span(copy->data(), copy->size()), copy);
  }
  if ((point.snapshot == nullptr) != (point.position == 0)) {
    return bad("the snapshot is not of the model's size");
  }
  if (view.kv_before.size() != point.position * codec.kv_floats()) {
    return bad("keys and values are not of the model's size");
  }
  for (auto left = view.kv_before; !left.empty();) {
    const size_t size = kBlockTokens * codec.kv_floats();
    point.kv_before.push_back(
        codec.MakeKvBlock(left.first(size), kBlockTokens));
    left = left.subspan(size);
  }
  if (Status rows = AddRows(view, codec, &point); !rows) {
    return bad(rows.error().message);
  }
  return point;
}

Result<StateStore::Sequence> ReadStateFile(const std::filesystem::path& path,
                                           const Fingerprint& fingerprint,
                                           const StateCodec& codec) {
  const std::string name = path.string();
  const OpenFile file(path);
  if (!file) return CannotRead(name);
  AlignedArray<char> buffer(file.Size(), Uninitialised{});
  const auto got = file.Read(buffer.data(), buffer.size());
  if (!got) return CannotRead(name);
  const auto view = ParseStateFile({buffer.data(), *got}, name);
  if (!view) return view.error();
  if (view->model != fingerprint) {
    return MakeError(ErrorCode::kBadFile, name + ": of another model");
  }
  auto point = MakeResumePoint(*view, codec, name);
  if (!point) return point.error();
  return StateStore::Sequence{.tokens = view->tokens,
                              .point = std::move(*point),
                              .bytes = buffer.size(),
                              .origins = view->origins};
}

Result<std::vector<std::string>> ReadStateOrigins(
    const std::filesystem::path& path) {
  const std::string name = path.string();
  const OpenFile file(path);
  if (!file) return CannotRead(name);
  std::string head(
      std::min<size_t>(file.Size(), sizeof(Header) + Padded(kMaxOriginsBytes)),
      '\0');
  const auto got = file.Read(head.data(), head.size());
  if (!got) return CannotRead(name);
  const std::string_view bytes(head.data(), *got);
  const Result<Header> header = HeaderOf(bytes, name);
  if (!header) return header.error();
  return SplitOrigins(bytes.substr(sizeof(Header), header->origins_bytes));
}

Status WriteStateFile(const std::filesystem::path& path,
                      const Fingerprint& model,
                      const StateStore::Sequence& sequence,
                      std::stop_token stop) {
  const ResumePoint& point = sequence.point;
  std::string origins = JoinOrigins(sequence.origins);
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::ranges::copy(model.bytes, header.model);
  header.origins_bytes = origins.size();
  header.num_tokens = sequence.tokens.size();
  header.snapshot_position = point.position;
  origins.resize(Padded(origins.size()), '\0');

  StateWriter file(path, std::move(stop));
  file.Skip(HeadSize(header));
  file.Write(sequence.tokens.data(), sequence.tokens.size() * sizeof(TokenId));
  file.EndPart();
  if (point.snapshot != nullptr) {
    const std::span<const float> values = point.snapshot->values();
    header.snapshot_floats = values.size();
    file.Write(values.data(), values.size_bytes());
  }
  file.EndPart();
  std::vector<float> rows;
  for (const auto& block : point.kv_before) {
    rows.clear();
    block->AppendRows(kBlockTokens, &rows);
    header.kv_before_floats += rows.size();
    file.Write(rows.data(), rows.size() * sizeof(float));
  }
  file.EndPart();
  const auto write_rows = [&](const BlockPieces& block, size_t count) {
    rows.clear();
    AppendRows(block, count, &rows);
    header.rows_floats += rows.size();
    file.Write(rows.data(), rows.size() * sizeof(float));
  };
  for (const BlockPieces& block : point.blocks) write_rows(block, kBlockTokens);
  if (point.tail_rows > 0) write_rows(point.tail, point.tail_rows);
  file.EndPart();
  return file.Finish(header, origins);
}

}  // namespace krait::engine
