// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/access.h"

#include <algorithm>

#include "daemon/config/listen_address.h"

namespace krait::daemon {
namespace {

// In a time that does not tell how much of it is right.
bool SameToken(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.empty()) return false;
  unsigned different = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    different |= static_cast<unsigned>(a[i] ^ b[i]);
  }
  return different == 0;
}

// A page cannot choose an address for its name, only a name for an address: one
// that is asked by its address is not meant to be another.
bool IsPlainHost(const std::string& host) {
  const auto split = SplitHost(host);
  return split && (split->host == "localhost" || IsAddress(split->host));
}

bool IsListed(const HttpRequest& request, const AccessRules& rules) {
  return std::ranges::find(rules.origins, request.origin) !=
         rules.origins.end();
}

bool PageMayAsk(const HttpRequest& request, const AccessRules& rules) {
  if (request.origin.empty()) {
    // Images, scripts and links of other pages have no Origin.
    return request.fetch_site.empty() || request.fetch_site == "none" ||
           request.fetch_site == "same-origin";
  }
  if (request.origin == "http://" + request.host) return true;
  return IsListed(request, rules);
}

}  // namespace

Access CheckAccess(const HttpRequest& request, const AccessRules& rules,
                   bool own, bool open) {
  const bool has_token = SameToken(request.Token(), rules.token);
  if (!has_token && !IsPlainHost(request.host)) return Access::kStrangeHost;
  if (!PageMayAsk(request, rules)) return Access::kStrangePage;
  if (open || has_token) return Access::kAllowed;
  if (own && !rules.token_always && !request.forwarded) return Access::kAllowed;
  return Access::kNeedsToken;
}

void AddCrossOrigin(const HttpRequest& request, const AccessRules& rules,
                    HttpReply* reply) {
  if (request.origin.empty() || !IsListed(request, rules)) return;
  reply->fields.emplace_back("Access-Control-Allow-Origin", request.origin);
  reply->fields.emplace_back("Vary", "Origin");
  if (request.requested_method.empty()) return;
  reply->fields.emplace_back("Access-Control-Allow-Methods",
                             "GET, POST, OPTIONS");
  reply->fields.emplace_back("Access-Control-Allow-Headers",
                             "Authorization, Content-Type, X-Api-Key");
  reply->fields.emplace_back("Access-Control-Max-Age", "600");
}

std::string_view WhyRefused(Access access) {
  switch (access) {
    case Access::kStrangeHost:
      return "the Host field is no address and not localhost; a request by "
             "another name needs the token";
    case Access::kStrangePage:
      return "pages of this origin may not ask; http.allowed_origins lists "
             "those that may";
    case Access::kNeedsToken:
      return "expected the header \"Authorization: Bearer TOKEN\"; `krait "
             "status --token` shows the token";
    case Access::kAllowed:
      break;
  }
  return {};
}

unsigned StatusOf(Access access) {
  return access == Access::kNeedsToken ? 401 : 403;
}

}  // namespace krait::daemon
