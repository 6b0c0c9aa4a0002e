// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace krait::repository {

FileStamp StampOf(const struct stat& status) {
  return {.bytes = static_cast<uint64_t>(std::max<off_t>(status.st_size, 0)),
          .modified_ns =
              static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 +
              status.st_mtim.tv_nsec};
}

base::Result<std::string> ReadFile(const std::filesystem::path& path,
                                   size_t max_bytes, FileStamp* stamp) {
  const base::FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return base::SystemError(path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return base::SystemError(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return base::MakeError(base::ErrorCode::kInvalidArgument,
                           path.string() + ": not a regular file");
  }
  if (stamp != nullptr) *stamp = StampOf(status);
  std::string text(
      static_cast<size_t>(std::min<uint64_t>(StampOf(status).bytes, max_bytes)),
      '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got =
        read(file.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::SystemError(path, errno);
    if (got == 0) break;  // it was cut short meanwhile
    done += static_cast<size_t>(got);
  }
  text.resize(done);
  return text;
}

}  // namespace krait::repository
