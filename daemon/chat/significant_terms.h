// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_SIGNIFICANT_TERMS_H_
#define KRAIT_DAEMON_CHAT_SIGNIFICANT_TERMS_H_

#include <map>
#include <string>
#include <string_view>

namespace krait::daemon {

// Returns the terms of a text (base::ForEachTerm) of more than three
// letters, with how often it has each: by what two texts are compared. Shorter
// ones stand everywhere.
std::map<std::string, int, std::less<>> SignificantTerms(std::string_view text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_SIGNIFICANT_TERMS_H_
