// SPDX-License-Identifier: Apache-2.0
//
// For daemon_disk_test.py, which preloads it: a file system that answers late.
//   KRAIT_SLOW_PATH  whose files and folders; so do all that are flushed
//   KRAIT_SLOW_MS    how late
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

namespace {

void Wait() {
  const char* late = getenv("KRAIT_SLOW_MS");
  const long ms = late == nullptr ? 0 : atol(late);
  timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
  while (nanosleep(&rest, &rest) != 0) {
  }
}

void WaitIfSlow(const char* path) {
  const char* slow = getenv("KRAIT_SLOW_PATH");
  if (slow == nullptr || path == nullptr) return;
  if (strncmp(path, slow, strlen(slow)) == 0) Wait();
}

// Returns what would have been called.
template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int stat(const char* path, struct stat* info) {
  WaitIfSlow(path);
  return Next<decltype(stat)>("stat")(path, info);
}

int lstat(const char* path, struct stat* info) {
  WaitIfSlow(path);
  return Next<decltype(lstat)>("lstat")(path, info);
}

ssize_t readlink(const char* path, char* target, size_t size) {
  WaitIfSlow(path);
  return Next<ssize_t(const char*, char*, size_t)>("readlink")(path, target,
                                                               size);
}

char* realpath(const char* path, char* real) {
  WaitIfSlow(path);
  return Next<char*(const char*, char*)>("realpath")(path, real);
}

int open(const char* path, int flags, ...) {
  WaitIfSlow(path);
  va_list rest;
  va_start(rest, flags);
  const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, int) : 0;
  va_end(rest);
  return Next<int(const char*, int, int)>("open")(path, flags, mode);
}

int fsync(int fd) {
  Wait();
  return Next<int(int)>("fsync")(fd);
}

}  // extern "C"
