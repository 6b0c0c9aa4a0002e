// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_SECRETS_H_
#define KRAIT_DAEMON_REPOSITORY_SECRETS_H_

#include <string_view>

namespace krait::repository {

// Returns what a text holds that is a secret by its form alone ("a private
// key", "a token of GitHub"); empty if nothing of the kind is found. Looks for
// a few forms that are told apart from other text with certainty; a password
// that somebody chose is not among them.
std::string_view FindSecret(std::string_view text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_SECRETS_H_
