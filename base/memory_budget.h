// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_BASE_MEMORY_BUDGET_H_
#define KRAIT_BASE_MEMORY_BUDGET_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace krait::base {

// What one holder has of the memory that all share.
struct MemoryUse {
  size_t bytes = 0;
  // When what it would drop first was used last; nothing: it drops nothing.
  std::optional<std::chrono::steady_clock::time_point> least_use = {};
};

// One budget for all that krait keeps to be quick: the model's states, the
// syntax trees and the texts of all editors' documents. Any of them may have
// what the others do not need. When together they have too much, the one gives
// back whose least worthy entry was used longest ago; which of its entries is
// the least worthy each knows best.
//
// Thread-safe.
class MemoryBudget {
 public:
  class Account;

  explicit MemoryBudget(size_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  size_t limit_bytes() const { return limit_bytes_; }
  // By what was last reported.
  size_t held_bytes() const;

 private:
  size_t Sum() const;

  const size_t limit_bytes_;
  mutable std::mutex mutex_;
  std::vector<Account*> accounts_;  // guarded by mutex_
};

// One holder's. Belongs to the holder's thread.
class MemoryBudget::Account {
 public:
  // `ask`, which may be null, is called on any thread when the holder is to
  // report again, and must only say so there: it may not wait for anything, nor
  // call the budget.
  Account(std::shared_ptr<MemoryBudget> budget, std::function<void()> ask);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // Says what is held now. Returns how much of it is to be given back, which is
  // to be reported in turn.
  [[nodiscard]] size_t Report(const MemoryUse& use);

 private:
  friend class MemoryBudget;

  const std::shared_ptr<MemoryBudget> budget_;
  const std::function<void()> ask_;
  // Guarded by the budget's mutex.
  MemoryUse use_;
  bool asked_ = false;  // since the last report
};

}  // namespace krait::base

#endif  // KRAIT_BASE_MEMORY_BUDGET_H_
