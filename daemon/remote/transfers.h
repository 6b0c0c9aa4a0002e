// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_TRANSFERS_H_
#define KRAIT_DAEMON_REMOTE_TRANSFERS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/http.h"
#include "daemon/models/url.h"

namespace krait::remote {

using Clock = std::chrono::steady_clock;

struct TransferRequest {
  models::Url url;
  std::vector<std::string> headers;  // "Name: value"
  // Of a POST; nothing: a GET.
  std::optional<std::string> body = {};
  bool use_proxy = true;  // that of the environment, if there is one
  Clock::time_point not_before = {};
  // What it waits for the first byte of an answer's body, from when it begins;
  // for each further one; and for all.
  std::chrono::milliseconds first_wait{0};
  std::chrono::milliseconds next_wait{0};
  std::chrono::milliseconds whole_wait{0};
};

// What becomes of a transfer; all on the transfers' thread. After `end` there
// is nothing more.
struct TransferEvents {
  std::function<void(const models::HttpHead& head)> head;
  // Returns whether it wants more; if not, the transfer ends well.
  std::function<bool(std::string_view part)> body;
  // kIo: the network failed; kUnsupported: it can never work so.
  std::function<void(const base::Status& status)> end;
};

struct TransferredBytes {
  std::atomic<uint64_t> sent = 0;
  std::atomic<uint64_t> received = 0;
};

// HTTP requests on one thread of their own (libcurl's multi interface), which
// nobody waits for. Follows no redirection: what is sent goes to the host that
// was configured and to no other.
//
// Thread-safe.
class Transfers {
 public:
  // kUnsupported: libcurl is not there.
  static base::Result<std::unique_ptr<Transfers>> Open();
  // Ends all, without their events.
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  uint64_t Start(TransferRequest request, TransferEvents events);
  // Ends it without further events, but for those that are under way.
  void Cancel(uint64_t id);

  // Heads and bodies of those that have ended.
  const TransferredBytes& bytes() const { return bytes_; }

 private:
  class Loop;

  explicit Transfers(std::unique_ptr<Loop> loop);

  TransferredBytes bytes_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_TRANSFERS_H_
