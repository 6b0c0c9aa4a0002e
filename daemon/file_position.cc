// SPDX-License-Identifier: Apache-2.0
#include "daemon/file_position.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/utf8.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

std::optional<size_t> ParseNumber(std::string_view text) {
  size_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

base::Result<FilePosition> ParseFilePosition(std::string_view text) {
  const auto wrong = [&] {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: expected FILE:LINE:COL, such as "
                                 "src/main.cc:12:5 (both from 1)",
                                 text));
  };
  const size_t last = text.rfind(':');
  if (last == std::string_view::npos || last == 0) return wrong();
  const size_t middle = text.rfind(':', last - 1);
  if (middle == std::string_view::npos || middle == 0) return wrong();
  const auto line = ParseNumber(text.substr(middle + 1, last - middle - 1));
  const auto column = ParseNumber(text.substr(last + 1));
  if (!line || !column || *line == 0 || *column == 0) return wrong();
  return FilePosition{.file = std::string(text.substr(0, middle)),
                      .line = *line,
                      .column = *column};
}

base::Result<size_t> OffsetOf(const FilePosition& position,
                              std::string_view text) {
  size_t begin = 0;
  for (size_t line = 1; line < position.line; ++line) {
    const size_t newline = text.find('\n', begin);
    if (newline == std::string_view::npos) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: line {} does not exist, the file has {}",
                      position.file, position.line, line));
    }
    begin = newline + 1;
  }
  std::string_view line = text.substr(begin);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (position.column > line.size() + 1) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}:{}: column {} is beyond the line's end (it has {} "
                    "bytes, so {} is the last column)",
                    position.file, position.line, position.column, line.size(),
                    line.size() + 1));
  }
  const size_t ofs = begin + position.column - 1;
  if (!base::IsCharBoundary(text, ofs)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}:{}: column {} is inside a character", position.file,
                    position.line, position.column));
  }
  return ofs;
}

}  // namespace krait::daemon
