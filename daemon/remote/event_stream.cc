// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/event_stream.h"

#include <fmt/format.h>

#include <utility>

namespace krait::remote {
namespace {

base::Error TooLong() {
  return base::MakeError(
      base::ErrorCode::kBadFile,
      fmt::format("an event of more than {} bytes", EventStream::kMaxBytes));
}

}  // namespace

base::Status EventStream::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > kMaxBytes) return TooLong();
    line_ += part;
    if (end == bytes.npos) return {};
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    if (auto added = AddLine(line); !added) return added;
  }
  return {};
}

base::Status EventStream::Finish() {
  const std::string line = std::exchange(line_, {});
  if (!line.empty()) {
    if (auto added = AddLine(line); !added) return added;
  }
  // The standard drops an event without an empty line behind it; servers that
  // forget that line behind their last one are more than those that are cut.
  return EndEvent();
}

base::Status EventStream::AddLine(std::string_view line) {
  if (line.empty()) return EndEvent();
  constexpr std::string_view kField = "data";
  if (!line.starts_with(kField)) return {};
  line.remove_prefix(kField.size());
  if (!line.empty() && line.front() != ':') return {};  // "database"
  if (!line.empty()) line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (data_.size() + line.size() + 1 > kMaxBytes) return TooLong();
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += line;
  return {};
}

base::Status EventStream::EndEvent() {
  if (!std::exchange(has_data_, false)) return {};
  const std::string data = std::exchange(data_, {});
  return on_event_(data);
}

}  // namespace krait::remote
