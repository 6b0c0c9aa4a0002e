// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TOKEN_STREAM_H_
#define KRAIT_DAEMON_HOST_TOKEN_STREAM_H_

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string_view>

#include "daemon/host/task.h"

namespace krait::daemon {

// Brings what a model says for a task to whoever asked, as it comes. Belongs to
// the task; its callbacks are on the owner's thread.
class TokenStream {
 public:
  // Gets the bytes that were said since the last call, at least one; they may
  // end within a UTF-8 sequence.
  using OnTokens = std::function<void(std::string_view bytes)>;

  // `on_tokens` may be null: it is called no more once `stop` is requested, if
  // that is on the owner's thread.
  TokenStream(PostToOwner post, OnTokens on_tokens, std::stop_token stop);

  // `said`: all that was said so far.
  void Post(std::string_view said);

  // Whether anything was posted, which cannot be taken back.
  bool begun() const { return posted_bytes_ > 0; }

 private:
  const PostToOwner post_;
  const OnTokens on_tokens_;
  const std::stop_token stop_;
  size_t posted_bytes_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TOKEN_STREAM_H_
