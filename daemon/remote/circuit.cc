// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/circuit.h"

#include <algorithm>

namespace krait::remote {

bool Circuit::TakeTurn(Clock::time_point now) {
  if (state_ == State::kClosed) return true;
  if (state_ == State::kTrying || now < open_until_) return false;
  state_ = State::kTrying;
  return true;
}

void Circuit::Succeed() {
  *this = Circuit();
}

void Circuit::Fail(Clock::time_point now, bool at_once,
                   std::chrono::seconds pause) {
  ++failures_;
  const bool opens = at_once || pause.count() > 0 || state_ == State::kTrying ||
                     failures_ >= kMostFailures;
  // One that began before it opened says nothing new.
  if (!opens || state_ == State::kOpen) return;
  state_ = State::kOpen;
  open_until_ = now + std::max(pause_, std::min(pause, kLongestPause));
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void Circuit::Leave() {
  // The next one tries in its place.
  if (state_ == State::kTrying) state_ = State::kOpen;
}

}  // namespace krait::remote
