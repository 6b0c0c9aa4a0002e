// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_ACCESS_H_
#define KRAIT_DAEMON_HTTP_ACCESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.h"

namespace krait::daemon {

// Who may ask.
struct AccessRules {
  std::string token;                      // never empty
  bool token_always = false;              // of this user's programs, too
  std::vector<std::string> origins = {};  // of pages that may: "https://a.b"
};

enum class Access : uint8_t {
  kAllowed,
  // The Host field names this server otherwise than one who knows it would: a
  // name of somebody's that was made to lead here (DNS rebinding).
  kStrangeHost,
  // A page of the web asks, through the user's browser.
  kStrangePage,
  kNeedsToken,
};

// Decides about a request. `own`: the program at the other end runs as this
// user. `open`: of a route that anybody may ask. What a proxy passed on counts
// as a stranger's, whoever runs the proxy.
Access CheckAccess(const HttpRequest& request, const AccessRules& rules,
                   bool own, bool open);

// Adds what the browser of a page that may ask wants to see.
void AddCrossOrigin(const HttpRequest& request, const AccessRules& rules,
                    HttpReply* reply);

// A sentence that says what is wrong, for the client.
std::string_view WhyRefused(Access access);
unsigned StatusOf(Access access);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_ACCESS_H_
