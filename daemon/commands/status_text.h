// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_STATUS_TEXT_H_
#define KRAIT_DAEMON_COMMANDS_STATUS_TEXT_H_

#include <boost/json/fwd.hpp>
#include <string>

namespace krait::daemon {

// Returns a daemon's answer to "status" for people to read, in lines. Members
// that another version does not send are shown as "?".
std::string StatusText(const boost::json::object& status);

// The same for the statistics of suggestions (AcceptanceTable).
std::string StatisticsText(const boost::json::object& statistics);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_STATUS_TEXT_H_
