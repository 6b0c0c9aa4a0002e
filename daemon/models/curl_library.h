// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_CURL_LIBRARY_H_
#define KRAIT_DAEMON_MODELS_CURL_LIBRARY_H_

#include <curl/curl.h>

#include "base/result.h"

namespace krait::models {

// The functions of libcurl that krait calls. The library is opened when a
// model is to be fetched, or an engine elsewhere to be asked: a language
// server, which as it comes does neither, does not wait for it and the twenty
// libraries behind it nor has code in its process that can speak to the
// network, and krait runs where it is missing.
struct CurlLibrary {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_perform) easy_perform;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_perform) multi_perform;
  decltype(&curl_multi_poll) multi_poll;
  decltype(&curl_multi_wakeup) multi_wakeup;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

// Opens it once and for as long as the process lives. Thread-safe.
// kUnsupported: it is not installed; the message says how to have it.
base::Result<const CurlLibrary*> OpenCurl();

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_CURL_LIBRARY_H_
