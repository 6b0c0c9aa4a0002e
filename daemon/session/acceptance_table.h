// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_ACCEPTANCE_TABLE_H_
#define KRAIT_DAEMON_SESSION_ACCEPTANCE_TABLE_H_

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// What became of suggestions.
struct AcceptanceCounts {
  int64_t shown = 0;
  int64_t accepted = 0;    // to their ends
  int64_t partially = 0;   // a beginning of them, no more
  int64_t characters = 0;  // that the user did not have to type

  AcceptanceCounts& operator+=(const AcceptanceCounts& more);
  AcceptanceCounts operator-(const AcceptanceCounts& less) const;
  bool operator==(const AcceptanceCounts&) const = default;
};

// The same by language and by plan. A value type.
struct AcceptanceTable {
  // More rows would come from a client that makes up languages; theirs are
  // counted as "other".
  static constexpr size_t kMostRows = 200;

  std::string since;  // the day of the first count, "2026-11-22"; empty: none
  AcceptanceCounts all;
  std::map<std::string, AcceptanceCounts> by_language;
  std::map<std::string, AcceptanceCounts> by_plan;

  void Add(std::string_view language, std::string_view plan,
           const AcceptanceCounts& counts);
  void Add(const AcceptanceTable& other);
};

boost::json::object ToJson(const AcceptanceTable& table);

// Reads what ToJson wrote. Numbers below 0 and unknown members are errors;
// `name` is put in front of the message.
base::Result<AcceptanceTable> ParseAcceptanceTable(std::string_view text,
                                                   std::string_view name);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_ACCEPTANCE_TABLE_H_
