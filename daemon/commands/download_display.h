// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DOWNLOAD_DISPLAY_H_
#define KRAIT_DAEMON_COMMANDS_DOWNLOAD_DISPLAY_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/models/download.h"

namespace krait::daemon {

// Shows on standard error how far a download is: on a terminal a bar that
// renews itself, elsewhere a line at the begin, every ten seconds and at the
// end. Thread-compatible.
class DownloadDisplay {
 public:
  DownloadDisplay();
  ~DownloadDisplay();
  DownloadDisplay(const DownloadDisplay&) = delete;
  DownloadDisplay& operator=(const DownloadDisplay&) = delete;

  void Show(const models::DownloadProgress& progress);

 private:
  using Clock = std::chrono::steady_clock;
  void Begin(const models::DownloadProgress& progress, Clock::time_point now);
  void EndLine();

  const bool terminal_;
  bool open_line_ = false;
  std::string name_;          // of the file that is shown
  uint64_t begin_bytes_ = 0;  // what was there before
  Clock::time_point begin_;
  Clock::time_point next_;
};

// Returns "name [####----] 45 %, 163 MB of 366 MB, 12 MB/s, 17 s left".
std::string DownloadLine(const models::DownloadProgress& progress,
                         double bytes_per_second, bool with_bar);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DOWNLOAD_DISPLAY_H_
