// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_INFILL_CLIENT_H_
#define KRAIT_DAEMON_TOOLS_BENCH_INFILL_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::daemon {

// How such a server is asked to fill in.
struct InfillDialect {
  // Instead of /infill: /completion, with a prompt that the client lays out.
  bool completion = false;
  // Of that: {prefix} and {suffix} stand for the texts.
  std::string prompt = {};
};

// The address of a server that answers POST /infill as llama.cpp's does.
struct InfillServer {
  std::string host = {};  // without brackets
  uint16_t port = 80;
  std::string target = "/infill";
  std::string url = {};  // as it was given
  InfillDialect dialect = {};

  // Takes "http://HOST[:PORT][/PATH]". A host other than this machine is
  // refused unless `allow_remote`: the source text is sent there.
  static base::Result<InfillServer> Parse(std::string_view url,
                                          bool allow_remote,
                                          InfillDialect dialect = {});
};

struct InfillRequest {
  std::string prefix = {};  // whole lines before the cursor's
  std::string prompt = {};  // the cursor's line up to the cursor
  std::string suffix = {};  // from the cursor on
  size_t max_tokens = 16;
};

// What the server says of its work; nothing where it does not.
struct InfillAnswer {
  std::string content = {};
  std::optional<double> tokens_reused = {};
  std::optional<double> tokens_computed = {};
  std::optional<double> tokens_generated = {};
  std::optional<double> prefill_ms = {};
  std::optional<double> decode_ms = {};
  std::chrono::duration<double> whole{};  // measured here
};

// The request's body: greedy, not ended by an end-of-text token, with the
// server's cache.
std::string InfillBody(const InfillRequest& request,
                       const InfillDialect& dialect = {});
base::Result<InfillAnswer> ParseInfillAnswer(std::string_view body);

// Asks over a connection of its own, as editor plug-ins do. A server that does
// not answer within `timeout` is an error.
base::Result<InfillAnswer> AskInfill(const InfillServer& server,
                                     const InfillRequest& request,
                                     std::chrono::seconds timeout);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_INFILL_CLIENT_H_
