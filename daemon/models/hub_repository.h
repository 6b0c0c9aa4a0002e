// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_HUB_REPOSITORY_H_
#define KRAIT_DAEMON_MODELS_HUB_REPOSITORY_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/http_client.h"
#include "daemon/models/hub_api.h"
#include "daemon/models/url.h"

namespace krait::models {

// A repository of models at the hub, asked over the network. Errors name it,
// and say what to do about those that need a token.
class HubRepository {
 public:
  HubRepository(HttpClient& client, Url endpoint, std::string repo)
      : client_(client),
        endpoint_(std::move(endpoint)),
        repo_(std::move(repo)) {}

  // Returns the commit of a branch or tag, or `revision` if it is one.
  base::Result<std::string> Commit(std::string_view revision) const;
  base::Result<std::vector<HubFile>> Files(std::string_view commit) const;
  Url FileUrl(std::string_view commit, std::string_view path) const;
  // What to do when it refuses.
  std::string Help() const;

 private:
  base::Result<HttpText> Ask(const Url& url) const;
  Url Api(std::string_view rest) const;

  HttpClient& client_;
  const Url endpoint_;
  const std::string repo_;
};

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_HUB_REPOSITORY_H_
