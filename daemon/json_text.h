// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_JSON_TEXT_H_
#define KRAIT_DAEMON_JSON_TEXT_H_

#include <boost/json/fwd.hpp>
#include <string>

namespace krait::daemon {

// Returns `value` as one line of JSON. Unlike boost::json::serialize it writes
// numbers as people do (0.25, not 2.5E-1), replaces invalid UTF-8 (a file name
// may hold anything) and writes null for what JSON cannot express (NaN).
std::string JsonText(const boost::json::value& value);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_JSON_TEXT_H_
