// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_FETCH_H_
#define KRAIT_DAEMON_MODELS_FETCH_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/models/download.h"
#include "daemon/models/environment.h"
#include "daemon/models/http_client.h"
#include "daemon/models/hub_api.h"
#include "daemon/models/model_source.h"

namespace krait::models {

// What is about to be fetched.
struct FetchPlan {
  std::string name;
  uint64_t model_bytes = 0;  // of the whole model
};

// What fetching depends on. References outlive the calls.
struct FetchContext {
  HttpClient& client;
  const HubAccess& hub;
  const ModelStores& stores;
  OnDownloadProgress on_progress = {};
  // Called before the first byte; an error ends it.
  std::function<base::Status(const FetchPlan&)> approve = {};
  // What to tell the user meanwhile, a sentence.
  std::function<void(const std::string&)> note = {};
};

struct FetchedModel {
  std::filesystem::path path;  // as FindModel takes it
  bool was_here = false;       // nothing was fetched
};

// Each fetches a model, or finds it: in the cache of the hub, or in that of
// another program, where it stays. What is already here of it is not fetched
// again. With hub.offline only what is here is found.

// Into the hub's cache. Where the network fails, what the cache knows of the
// revision is taken. `sha256`: what the only file is to be, whatever the hub
// says; empty: what that says.
base::Result<FetchedModel> FetchFromHub(const HubSource& source,
                                        const std::string& sha256,
                                        const FetchContext& context);

// Into krait's folder, as NAME-TAG.gguf.
base::Result<FetchedModel> FetchFromOllama(const OllamaSource& source,
                                           const FetchContext& context);

// Into krait's folder, under the last part of the path, which ends in .gguf.
// `sha256`: what the file is to be; empty: anything.
base::Result<FetchedModel> FetchFromUrl(const Url& url,
                                        const std::string& sha256,
                                        const FetchContext& context);

// Returns the URLs from which a model of the hub would be fetched, and their
// hashes, for fetching them on another machine.
struct FileAddress {
  std::string url;
  std::string path;
  uint64_t bytes = 0;
  ContentName content;
};
base::Result<std::vector<FileAddress>> AddressesAtHub(
    const HubSource& source, const FetchContext& context);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_FETCH_H_
