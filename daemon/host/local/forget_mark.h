// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FORGET_MARK_H_
#define KRAIT_DAEMON_HOST_LOCAL_FORGET_MARK_H_

#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"

namespace krait::daemon {

// A file that is changed whenever saved states are to be forgotten, before they
// are deleted: by it a process that still has them in memory sees that it must
// not save them again. What was forgotten it does not say.
//
// Thread-compatible. Asks the file system.
class ForgetMark {
 public:
  // Changes the mark for all who look at it.
  static base::Status Set(const std::filesystem::path& file);

  // An empty path: there is no mark, and nothing is ever new.
  explicit ForgetMark(std::filesystem::path file)
      : file_(std::move(file)), seen_(Read()) {}

  // Returns whether it was changed since it was looked at last.
  bool IsNew();

 private:
  std::string Read() const;

  const std::filesystem::path file_;
  std::string seen_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FORGET_MARK_H_
