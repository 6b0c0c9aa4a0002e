// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_CODE_TERMS_H_
#define KRAIT_BASE_CODE_TERMS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace krait::base {

// The terms by which a text of code or prose is found. A word (letters of any
// script, digits, underscores) is cut where its case changes, at underscores
// and behind digits: `parseHTTP2Frame` has the terms parse, http2, frame, and
// the whole as parsehttp2frame, as which parse_http2_frame is found, too.
// English endings are taken off the parts ("parsing", "parsed" and "parses" are
// "pars"). Of scripts without spaces between words each two characters are a
// term. Terms are lower case, without blanks, and not longer than kMaxTerm.
inline constexpr size_t kMaxTerm = 64;

// Calls `on_term` with each; the view is valid during the call. `whole` tells
// the terms of whole words of several parts, which are not English.
void ForEachTerm(
    std::string_view text,
    const std::function<void(std::string_view term, bool whole)>& on_term);

// Returns a word of lower-case ASCII letters without its English ending.
std::string_view Stem(std::string_view word);

}  // namespace krait::base

#endif  // KRAIT_BASE_CODE_TERMS_H_
