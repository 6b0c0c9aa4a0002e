// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_URL_H_
#define KRAIT_DAEMON_MODELS_URL_H_

#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::models {

// An address by http or https.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; an IPv6 address in brackets
  std::string port;    // digits; never empty
  std::string target;  // path and query: "/a/b?c"

  // Who answers: what a password for one may be told.
  std::string Origin() const;
  std::string Text() const;
  // The same without its query, which may hold a signature: for messages.
  std::string WithoutQuery() const;

  friend bool operator==(const Url&, const Url&) = default;
};

// Refuses other schemes, user names, and characters that no URL has.
base::Result<Url> ParseUrl(std::string_view text);

// Returns where a redirection from `from` to `location` leads.
base::Result<Url> ResolveUrl(const Url& from, std::string_view location);

// Returns a path with what a URL may not hold written as %XX; slashes stay.
std::string EncodePath(std::string_view path);

// Returns the text with %XX read; as it is where that is none.
std::string DecodePath(std::string_view path);

// Returns the last part of the path, decoded; may be empty.
std::string FileNameOf(const Url& url);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_URL_H_
