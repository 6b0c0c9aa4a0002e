// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/token_stream.h"

#include <string>
#include <utility>

namespace krait::daemon {

TokenStream::TokenStream(PostToOwner post, OnTokens on_tokens,
                         std::stop_token stop)
    : post_(std::move(post)),
      on_tokens_(std::move(on_tokens)),
      stop_(std::move(stop)) {}

void TokenStream::Post(std::string_view said) {
  if (on_tokens_ == nullptr || said.size() == posted_bytes_) return;
  post_([on_tokens = on_tokens_, stop = stop_,
         bytes = std::string(said.substr(posted_bytes_))] {
    if (!stop.stop_requested()) on_tokens(bytes);
  });
  posted_bytes_ = said.size();
}

}  // namespace krait::daemon
