// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TRACE_JSON_H_
#define KRAIT_DAEMON_COMPLETION_TRACE_JSON_H_

#include <boost/json/fwd.hpp>

#include "daemon/completion/completion_service.h"

namespace krait::completion {

// Returns the trace as `krait/explain` answers it: {"plan", "tokens_reused",
// "tokens_replayed", "tokens_computed", "tokens_generated", "ms": {"queue",
// "tokenize", "prefill", "decode", "post"}, "suppressed_by"}.
boost::json::object TraceToJson(const CompletionTrace& trace);

// As all that krait says of times: milliseconds, to the microsecond.
double Milliseconds(Clock::duration duration);

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TRACE_JSON_H_
