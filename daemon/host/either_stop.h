// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_EITHER_STOP_H_
#define KRAIT_DAEMON_HOST_EITHER_STOP_H_

#include <stop_token>

namespace krait::daemon {

// Is stopped when a request is, or the model's thread.
class EitherStop {
 public:
  EitherStop(const std::stop_token& request, const std::stop_token& thread)
      : on_request_(request, Forward{&either_}),
        on_thread_(thread, Forward{&either_}) {}
  EitherStop(const EitherStop&) = delete;
  EitherStop& operator=(const EitherStop&) = delete;

  std::stop_token token() const { return either_.get_token(); }

 private:
  struct Forward {
    std::stop_source* to;
    void operator()() const { to->request_stop(); }
  };

  std::stop_source either_;
  const std::stop_callback<Forward> on_request_;
  const std::stop_callback<Forward> on_thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_EITHER_STOP_H_
