// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/typed_through.h"

#include <algorithm>

namespace krait::completion {
namespace {

// Whether one text ends with the other. Both are the last so many bytes before
// a cursor, so the shorter may only have been cut shorter.
bool SameEnd(std::string_view a, std::string_view b) {
  // So much agreement cannot be a coincidence; less is an agreement only if it
  // is all there is.
  constexpr size_t kEnough = 4096;
  const size_t shorter = std::min(a.size(), b.size());
  if (shorter < kEnough && a.size() != b.size()) return false;
  return a.substr(a.size() - shorter) == b.substr(b.size() - shorter);
}

std::string WithoutCarriageReturns(std::string text) {
  std::erase(text, '\r');
  return text;
}

}  // namespace

std::optional<std::string> TypedThrough(const GivenCompletion& given,
                                        const CompletionRequest& now) {
  if (given.request.document != now.document ||
      given.request.path != now.path || given.request.after != now.after) {
    return std::nullopt;
  }
  // A completion's lines end with \n; those that the editor makes of them end
  // as the document's.
  if (now.before.find('\r') != std::string::npos) {
    GivenCompletion plain = given;
    CompletionRequest plain_now = now;
    plain.request.before =
        WithoutCarriageReturns(std::move(plain.request.before));
    plain_now.before = WithoutCarriageReturns(std::move(plain_now.before));
    return TypedThrough(plain, plain_now);
  }
  // The shortest beginning first: the rest should be as long as may be.
  for (size_t typed = 0; typed < given.text.size(); ++typed) {
    if (typed > now.before.size()) break;
    const std::string_view before = now.before;
    if (!before.ends_with(std::string_view(given.text).substr(0, typed))) {
      continue;
    }
    if (SameEnd(given.request.before,
                before.substr(0, before.size() - typed))) {
      return given.text.substr(typed);
    }
  }
  return std::nullopt;
}

}  // namespace krait::completion
