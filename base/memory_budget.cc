// SPDX-License-Identifier: Apache-2.0
#include "base/memory_budget.h"

#include <algorithm>
#include <utility>

namespace krait::base {
namespace {

// Of the limit, what is given back beyond what has to be: so that it is not
// asked for again with the next keystroke.
constexpr size_t kRoomShare = 16;

}  // namespace

size_t MemoryBudget::Sum() const {
  size_t bytes = 0;
  for (const Account* account : accounts_) bytes += account->use_.bytes;
  return bytes;
}

size_t MemoryBudget::held_bytes() const {
  const std::lock_guard lock(mutex_);
  return Sum();
}

MemoryBudget::Account::Account(std::shared_ptr<MemoryBudget> budget,
                               std::function<void()> ask)
    : budget_(std::move(budget)), ask_(std::move(ask)) {
  const std::lock_guard lock(budget_->mutex_);
  budget_->accounts_.push_back(this);
}

MemoryBudget::Account::~Account() {
  const std::lock_guard lock(budget_->mutex_);
  std::erase(budget_->accounts_, this);
}

size_t MemoryBudget::Account::Report(const MemoryUse& use) {
  const std::lock_guard lock(budget_->mutex_);
  use_ = use;
  asked_ = false;
  const size_t held = budget_->Sum();
  const size_t limit = budget_->limit_bytes_;
  if (held <= limit) return 0;
  Account* least = nullptr;
  for (Account* account : budget_->accounts_) {
    const MemoryUse& other = account->use_;
    if (other.bytes == 0 || !other.least_use) continue;
    if (least == nullptr || *other.least_use < *least->use_.least_use) {
      least = account;
    }
  }
  if (least == this) return held - limit + limit / kRoomShare;
  if (least != nullptr && least->ask_ && !std::exchange(least->asked_, true)) {
    least->ask_();
  }
  return 0;
}

}  // namespace krait::base
