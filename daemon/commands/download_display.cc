// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/download_display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/utf8.h"
#include "daemon/models/size_text.h"
#include "daemon/standard_error.h"

namespace krait::daemon {
namespace {

constexpr std::chrono::milliseconds kBetweenRedraws{100};
constexpr std::chrono::seconds kBetweenLines{10};

std::string TimeText(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  if (seconds >= kHour) return fmt::format("{:.1f} h", seconds / kHour);
  if (seconds >= 2 * kMinute) {
    return fmt::format("{:.0f} min", seconds / kMinute);
  }
  return fmt::format("{:.0f} s", seconds);
}

std::string Bar(double share) {
  constexpr size_t kWidth = 24;
  const auto full = static_cast<size_t>(share * static_cast<double>(kWidth));
  return fmt::format("[{}{}]", std::string(full, '#'),
                     std::string(kWidth - full, '-'));
}

}  // namespace

std::string DownloadLine(const models::DownloadProgress& progress,
                         double bytes_per_second, bool with_bar) {
  std::string line = base::ToValidUtf8(progress.name);
  const uint64_t total = std::max(progress.total.value_or(0), progress.done);
  if (progress.total && total > 0) {
    const double share =
        static_cast<double>(progress.done) / static_cast<double>(total);
    if (with_bar) line += fmt::format(" {}", Bar(share));
    line +=
        fmt::format(" {:.0f} %, {} of {}", 100 * share,
                    models::SizeText(progress.done), models::SizeText(total));
  } else {
    line += fmt::format(" {}", models::SizeText(progress.done));
  }
  if (bytes_per_second <= 0) return line;
  line += fmt::format(
      ", {}/s", models::SizeText(static_cast<uint64_t>(bytes_per_second)));
  if (progress.total && progress.done < total) {
    line += fmt::format(", {} left",
                        TimeText(static_cast<double>(total - progress.done) /
                                 bytes_per_second));
  }
  return line;
}

DownloadDisplay::DownloadDisplay() : terminal_(isatty(STDERR_FILENO) == 1) {}

DownloadDisplay::~DownloadDisplay() {
  EndLine();
}

void DownloadDisplay::EndLine() {
  if (open_line_) WriteToStandardError("\n");
  open_line_ = false;
}

void DownloadDisplay::Begin(const models::DownloadProgress& progress,
                            Clock::time_point now) {
  EndLine();
  name_ = progress.name;
  begin_ = now;
  begin_bytes_ = progress.done;
  next_ = now;
}

void DownloadDisplay::Show(const models::DownloadProgress& progress) {
  const auto now = Clock::now();
  if (progress.name != name_ || progress.done < begin_bytes_) {
    Begin(progress, now);
  }
  const bool ends = progress.total && progress.done == *progress.total;
  if (now < next_ && !ends) return;
  next_ = now + (terminal_ ? Clock::duration(kBetweenRedraws)
                           : Clock::duration(kBetweenLines));
  const std::chrono::duration<double> seconds = now - begin_;
  constexpr double kMeaningful = 0.2;
  const double rate =
      seconds.count() < kMeaningful
          ? 0
          : static_cast<double>(progress.done - begin_bytes_) / seconds.count();
  const std::string line = DownloadLine(progress, rate, terminal_);
  WriteToStandardError(terminal_ ? fmt::format("\r\x1b[K{}", line)
                                 : line + "\n");
  open_line_ = terminal_;
}

}  // namespace krait::daemon
