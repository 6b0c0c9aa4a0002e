// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_CIRCUIT_H_
#define KRAIT_DAEMON_REMOTE_CIRCUIT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace krait::remote {

// Decides whether an engine that has failed is asked again: after so many
// failures in a row not for a while, which doubles each time; then by one
// request, whose end decides. Thread-compatible.
class Circuit {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr size_t kMostFailures = 3;
  static constexpr std::chrono::seconds kFirstPause{15};
  static constexpr std::chrono::seconds kLongestPause{300};

  enum class State : uint8_t {
    kClosed,  // it is asked
    kOpen,    // it is not
    kTrying,  // by one request
  };

  // Whether a request may begin. One for which this was true ends by Succeed,
  // Fail or Leave.
  bool TakeTurn(Clock::time_point now);
  void Succeed();
  // `at_once`: no further failure is worth waiting for. `pause`: what the
  // engine itself asked for; zero: nothing.
  void Fail(Clock::time_point now, bool at_once, std::chrono::seconds pause);
  // Nothing came of it, as nobody wanted it any more.
  void Leave();

  State state() const { return state_; }
  // When it is open: until when.
  Clock::time_point open_until() const { return open_until_; }

 private:
  State state_ = State::kClosed;
  size_t failures_ = 0;  // in a row
  std::chrono::seconds pause_ = kFirstPause;
  Clock::time_point open_until_ = {};
};

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_CIRCUIT_H_
