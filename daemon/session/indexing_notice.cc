// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/indexing_notice.h"

#include <fmt/format.h>

#include <cstdint>

namespace krait::daemon {
namespace {

// Fewer are indexed before anybody has read of it.
constexpr size_t kFilesWorthShowing = 500;

}  // namespace

void IndexingNotice::Show(size_t done, size_t total) {
  if (done >= total) return progress_.reset();
  if (total < kFilesWorthShowing) return;
  if (progress_ == nullptr) {
    progress_ = std::make_unique<lsp::Progress>(
        client_, "krait/index", "krait: indexing the repository");
  }
  progress_->Report(fmt::format("{} of {} files", done, total),
                    static_cast<uint32_t>(100 * done / total));
}

}  // namespace krait::daemon
