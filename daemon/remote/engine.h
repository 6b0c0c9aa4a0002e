// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_ENGINE_H_
#define KRAIT_DAEMON_REMOTE_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/models/environment.h"
#include "daemon/models/url.h"
#include "daemon/remote/circuit.h"
#include "daemon/remote/exchange.h"
#include "daemon/remote/request.h"
#include "daemon/remote/settings.h"
#include "daemon/remote/transfers.h"

namespace krait::remote {

// What an engine elsewhere has been doing.
struct RemoteStatus {
  std::string url;
  std::string problem;  // why it is never asked; empty: it is
  Circuit::State state = Circuit::State::kClosed;
  std::chrono::seconds asked_again_in{0};  // while it is open
  std::string last_failure;                // empty: none
  uint64_t requests = 0;
  uint64_t failures = 0;
  uint64_t fallbacks = 0;  // what krait's own model answered in its place
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
};

// An engine elsewhere, as the user has configured it. Asks it for what it is
// given, and for nothing by itself.
//
// Thread-safe. Exchanges must be left or have ended before it goes.
class Engine final : private ExchangeOwner {
 public:
  // A sentence for the log: that it is asked no more, and why, or again.
  using OnNews = std::function<void(const std::string&)>;

  // `variables`: where the key is. What is wrong with the settings is in
  // status().problem. `on_news` is called on any thread.
  static std::shared_ptr<Engine> Make(RemoteSettings settings,
                                      const models::Variables& variables,
                                      OnNews on_news);

  const RemoteSettings& settings() const { return settings_; }

  // Returns null if it is not asked now, and says why in `why_not`.
  std::shared_ptr<Exchange> Ask(WireRequest request, const Patience& patience,
                                std::string* why_not);
  // krait's own model answers in its place.
  void CountFallback();

  // Asks for the list of its models, which costs nothing: whether it is there,
  // and knows the key and the model. Blocks. Returns a sentence.
  base::Result<std::string> Check(std::chrono::milliseconds wait);

  RemoteStatus status() const;

 private:
  Engine(RemoteSettings settings, OnNews on_news);

  base::Status Prepare(const models::Variables& variables);
  TransferRequest RequestFor(std::string_view path) const;
  base::Error WithoutKey(base::Error error) const;

  uint64_t Start(const WireRequest& request, Clock::time_point begin,
                 std::chrono::milliseconds first_wait,
                 TransferEvents events) override;
  void Cancel(uint64_t transfer) override;
  void Succeeded() override;
  base::Error Failed(const Failure& failure) override;
  void Left() override;

  const RemoteSettings settings_;
  const OnNews on_news_;
  models::Url base_;
  std::string key_;
  std::string problem_;

  mutable std::mutex mutex_;
  Circuit circuit_;           // guarded by mutex_
  std::string last_failure_;  // guarded by mutex_
  uint64_t requests_ = 0;     // guarded by mutex_
  uint64_t failures_ = 0;     // guarded by mutex_
  uint64_t fallbacks_ = 0;    // guarded by mutex_

  std::unique_ptr<Transfers> transfers_;  // last: its thread calls back
};

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_ENGINE_H_
