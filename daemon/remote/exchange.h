// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_EXCHANGE_H_
#define KRAIT_DAEMON_REMOTE_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/remote/answer.h"
#include "daemon/remote/event_stream.h"
#include "daemon/remote/request.h"
#include "daemon/remote/transfers.h"

namespace krait::remote {

// How an exchange ended, for whoever decides what is asked next.
struct Failure {
  base::Error error;
  bool transient = true;  // it may be otherwise the next time
  // The engine refuses this client, whatever it asks.
  bool refused = false;
  std::chrono::seconds retry_after{0};  // what the engine asks for
};

// What an exchange needs of its engine, which outlives it.
class ExchangeOwner {
 public:
  virtual uint64_t Start(const WireRequest& request, Clock::time_point begin,
                         std::chrono::milliseconds first_wait,
                         TransferEvents events) = 0;
  virtual void Cancel(uint64_t transfer) = 0;
  // The first text has come.
  virtual void Succeeded() = 0;
  // It failed for good. Returns what may be said of that.
  virtual base::Error Failed(const Failure& failure) = 0;
  // It was let go of before either.
  virtual void Left() = 0;

 protected:
  ~ExchangeOwner() = default;
};

// How long an answer is waited for, and how often it is asked for.
struct Patience {
  std::chrono::milliseconds first_text{1500};  // of all tries together
  int tries = 2;
  std::chrono::milliseconds first_pause{200};  // twice as long each time
};

// A question to an engine elsewhere and its answer, which comes in parts. What
// fails before it says anything is asked again, as long as there is time.
//
// Thread-safe: the answer comes on the transfers' thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  // An answer that is not read, or has no end, ends so.
  static constexpr size_t kMostUnread = size_t{4} << 20;
  static constexpr size_t kMostText = size_t{16} << 20;

  // `owner` must outlive it, or Leave be called before.
  Exchange(ExchangeOwner& owner, WireRequest request, Patience patience)
      : owner_(owner), request_(std::move(request)), patience_(patience) {}

  void Begin();

  // What has come since the last time.
  struct News {
    std::vector<std::string> texts = {};
    std::optional<AnswerEnd> end = {};
    std::optional<base::Error> error = {};
    bool said_something = false;  // ever
  };
  News Take();
  // Whether Take would say anything.
  bool ready() const;
  // Calls `wake` once that is so, with a lock held: it must not come back.
  void WhenReady(std::function<void()> wake);
  // Calls it now, whether that is so or not.
  void Wake();
  // Nobody wants the rest; nor is `wake` called any more.
  void Leave();

  // Of the whole answer, as the engine has counted.
  AnswerPart usage() const;

 private:
  void Try(Clock::time_point begin);
  void OnHead(const models::HttpHead& head);
  bool OnBody(std::string_view part);
  void OnEnd(const base::Status& status);
  base::Status OnEvent(std::string_view data);
  base::Status Read(std::string_view json);
  std::optional<Failure> FailureOf(const base::Status& status);
  void Fail(const Failure& failure);
  void Finish(std::optional<base::Error> error);
  void CallWake();  // with mutex_ held

  ExchangeOwner& owner_;
  const WireRequest request_;
  const Patience patience_;

  mutable std::mutex mutex_;
  std::vector<std::string> texts_;    // guarded by mutex_
  size_t unread_ = 0;                 // guarded by mutex_
  bool ended_ = false;                // guarded by mutex_
  bool left_ = false;                 // guarded by mutex_
  std::optional<base::Error> error_;  // guarded by mutex_
  AnswerPart usage_;                  // its end, too; guarded by mutex_
  std::function<void()> wake_;        // guarded by mutex_
  uint64_t transfer_ = 0;             // guarded by mutex_
  size_t text_bytes_ = 0;             // guarded by mutex_

  // On the transfers' thread, once begun.
  Clock::time_point begin_ = {};
  int tries_ = 0;
  int status_ = 0;
  bool streams_ = false;
  std::chrono::seconds retry_after_{0};
  std::string body_;  // of an error, or of an answer without a stream
  std::optional<EventStream> stream_;
  base::Status read_;  // what was wrong with the answer
  bool done_ = false;
  bool succeeded_ = false;
};

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_EXCHANGE_H_
