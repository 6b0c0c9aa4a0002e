// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/peer_owner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>

#include "daemon/http/socket_diagnosis.h"

namespace krait::daemon {
namespace {

// A hundred thousand connections; a machine with more of them has its token.
constexpr size_t kMostTableBytes = size_t{16} << 20;
constexpr size_t kV4Bytes = 4;
constexpr size_t kV6Bytes = 16;

// An address in words of four bytes, each as the machine reads it.
std::string InTable(std::string address, bool v6, uint16_t port) {
  if (v6 && address.size() == kV4Bytes) {
    address.insert(0, std::string("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12));
  }
  std::string text;
  for (size_t i = 0; i + sizeof(uint32_t) <= address.size();
       i += sizeof(uint32_t)) {
    uint32_t word = 0;
    std::memcpy(&word, address.data() + i, sizeof(word));
    text += fmt::format("{:08X}", word);
  }
  return text + fmt::format(":{:04X}", port);
}

std::string_view NextField(std::string_view* line) {
  line->remove_prefix(std::min(line->find_first_not_of(' '), line->size()));
  const std::string_view field = line->substr(0, line->find(' '));
  line->remove_prefix(field.size());
  return field;
}

template <class Number>
std::optional<Number> NumberIn(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// The columns that count.
struct Row {
  std::string_view local;
  std::string_view remote;
  std::string_view state;
  std::string_view uid;
  std::string_view inode;
};

Row RowOf(std::string_view line) {
  constexpr std::array<std::string_view Row::*, 10> kColumns = {
      nullptr, &Row::local, &Row::remote, &Row::state, nullptr,
      nullptr, nullptr,     &Row::uid,    nullptr,     &Row::inode};
  Row row;
  for (const auto column : kColumns) {
    const std::string_view field = NextField(&line);
    if (column != nullptr) row.*column = field;
  }
  return row;
}

std::string ReadTable(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string table;
  std::array<char, 65536> buffer;
  while (file && table.size() < kMostTableBytes) {
    file.read(buffer.data(), buffer.size());
    table.append(buffer.data(), static_cast<size_t>(file.gcount()));
  }
  return table;
}

}  // namespace

std::optional<uid_t> OwnerIn(std::string_view table, bool v6,
                             const SocketEnd& from, const SocketEnd& to) {
  // Once its process has let go of a socket, the kernel says that it is root's.
  constexpr std::string_view kEstablished = "01";
  const bool sound = (from.address.size() == kV4Bytes ||
                      (v6 && from.address.size() == kV6Bytes)) &&
                     from.address.size() == to.address.size();
  if (!sound) return std::nullopt;
  const std::string local = InTable(from.address, v6, from.port);
  const std::string remote = InTable(to.address, v6, to.port);
  while (!table.empty()) {
    const size_t newline = table.find('\n');
    const std::string_view line = table.substr(0, newline);
    table.remove_prefix(newline == table.npos ? table.size() : newline + 1);
    if (line.find(local) == line.npos) continue;
    const Row row = RowOf(line);
    if (row.local != local || row.remote != remote) continue;
    const auto inode = NumberIn<uint64_t>(row.inode);
    if (row.state != kEstablished || !inode || *inode == 0) continue;
    return NumberIn<uid_t>(row.uid);
  }
  return std::nullopt;
}

namespace {

// A program that speaks both may have an IPv4 connection in the other table.
std::optional<uid_t> OwnerInTables(const SocketEnd& from, const SocketEnd& to) {
  if (from.address.size() == kV4Bytes) {
    const auto owner =
        OwnerIn(ReadTable("/proc/net/tcp"), /*v6=*/false, from, to);
    if (owner) return owner;
  }
  return OwnerIn(ReadTable("/proc/net/tcp6"), /*v6=*/true, from, to);
}

}  // namespace

std::optional<uid_t> OwnerOf(const SocketEnd& from, const SocketEnd& to) {
  const auto owner = DiagnoseOwner(from, to);
  return owner ? *owner : OwnerInTables(from, to);
}

}  // namespace krait::daemon
