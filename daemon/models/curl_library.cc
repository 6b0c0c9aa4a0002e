// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace krait::models {
namespace {

// Its interface has had this number since 2006.
constexpr const char* kFile = "libcurl.so.4";

template <class Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

base::Result<CurlLibrary> Open() {
  void* library = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  CurlLibrary curl{};
  if (library != nullptr &&
      Find(library, "curl_global_init", &curl.global_init) &&
      Find(library, "curl_easy_init", &curl.easy_init) &&
      Find(library, "curl_easy_cleanup", &curl.easy_cleanup) &&
      Find(library, "curl_easy_reset", &curl.easy_reset) &&
      Find(library, "curl_easy_setopt", &curl.easy_setopt) &&
      Find(library, "curl_easy_perform", &curl.easy_perform) &&
      Find(library, "curl_easy_getinfo", &curl.easy_getinfo) &&
      Find(library, "curl_easy_strerror", &curl.easy_strerror) &&
      Find(library, "curl_multi_init", &curl.multi_init) &&
      Find(library, "curl_multi_cleanup", &curl.multi_cleanup) &&
      Find(library, "curl_multi_setopt", &curl.multi_setopt) &&
      Find(library, "curl_multi_add_handle", &curl.multi_add_handle) &&
      Find(library, "curl_multi_remove_handle", &curl.multi_remove_handle) &&
      Find(library, "curl_multi_perform", &curl.multi_perform) &&
      Find(library, "curl_multi_poll", &curl.multi_poll) &&
      Find(library, "curl_multi_wakeup", &curl.multi_wakeup) &&
      Find(library, "curl_multi_info_read", &curl.multi_info_read) &&
      Find(library, "curl_slist_append", &curl.slist_append) &&
      Find(library, "curl_slist_free_all", &curl.slist_free_all) &&
      curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
    return curl;
  }
  const char* why = dlerror();
  return base::MakeError(
      base::ErrorCode::kUnsupported,
      fmt::format("libcurl cannot be opened ({}): install it (Debian: "
                  "libcurl4)",
                  why == nullptr ? kFile : why));
}

}  // namespace

base::Result<const CurlLibrary*> OpenCurl() {
  static const auto* const opened = new base::Result<CurlLibrary>(Open());
  if (!*opened) return opened->error();
  return &**opened;
}

}  // namespace krait::models
