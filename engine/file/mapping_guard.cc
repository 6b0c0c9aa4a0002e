// SPDX-License-Identifier: Apache-2.0
//
// The handler runs on whatever thread has read: it looks only at an array of
// atomics, and calls only the kernel.
#include "engine/file/mapping_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace krait::engine {
namespace {

struct Mapping {
  std::atomic<uintptr_t> begin = 0;  // 0: a free place
  std::atomic<uintptr_t> end = 0;    // 0: not guarded yet
};

constexpr size_t kMostMappings = 512;
std::array<Mapping, kMostMappings> mappings;
struct sigaction handler_before;
uintptr_t page_bytes = 4096;

// Puts zeros in the place of all from the page of `address` on, so that one
// signal is enough.
bool ReplaceRest(uintptr_t address) {
  for (const Mapping& mapping : mappings) {
    const uintptr_t begin = mapping.begin.load();
    const uintptr_t end = mapping.end.load();
    if (begin == 0 || address < begin || address >= end) continue;
    const uintptr_t page = address / page_bytes * page_bytes;
    void* const place = reinterpret_cast<void*>(page);  // NOLINT
    return mmap(place, end - page, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == place;
  }
  return false;
}

void OnBusError(int, siginfo_t* info, void*) {
  const int error = errno;
  const bool replaced = ReplaceRest(reinterpret_cast<uintptr_t>(info->si_addr));
  // The read is tried again, and meets the handler before or the default; one
  // that was sent is sent again.
  if (!replaced) (void)sigaction(SIGBUS, &handler_before, nullptr);
  if (!replaced && info->si_code <= 0) (void)raise(SIGBUS);
  errno = error;
}

}  // namespace

void GuardMappings() {
  static const bool installed = [] {
    page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    struct sigaction action = {};
    action.sa_sigaction = OnBusError;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, &handler_before) == 0;
  }();
  (void)installed;
}

void AddGuardedMapping(const char* begin, size_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  for (Mapping& mapping : mappings) {
    uintptr_t free = 0;
    if (!mapping.begin.compare_exchange_strong(free, address)) continue;
    mapping.end = address + bytes;
    return;
  }
}

void RemoveGuardedMapping(const char* begin) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  for (Mapping& mapping : mappings) {
    if (mapping.begin.load() != address) continue;
    mapping.end = 0;
    mapping.begin = 0;
    return;
  }
}

}  // namespace krait::engine
