// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_JSON_TEXT_H_
#define KRAIT_BASE_JSON_TEXT_H_

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace krait::base {

// Returns `value` as one line of JSON. Unlike boost::json::serialize it writes
// numbers as people do (0.25, not 2.5E-1), replaces invalid UTF-8 (a file name
// may hold anything) and writes null for what JSON cannot express (NaN).
std::string JsonText(const boost::json::value& value);
// The same without a space behind colons and commas: for programs that look
// for "key":"value" in the text.
std::string CompactJsonText(const boost::json::value& value);

// Returns `text` as a JSON string. What is not UTF-8, such as model output cut
// inside a character, is replaced by U+FFFD: one bad byte must not cost the
// whole message.
boost::json::string JsonString(std::string_view text);

// Returns the value of a text that krait wrote or has read already, to put it
// into another; null if it is not JSON. What comes from outside is read with
// base/json_value.h.
boost::json::value JsonOf(std::string_view text);

}  // namespace krait::base

#endif  // KRAIT_BASE_JSON_TEXT_H_
