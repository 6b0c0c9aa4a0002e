// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_CONTROL_TOKENS_H_
#define KRAIT_DAEMON_HOST_LOCAL_CONTROL_TOKENS_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {

// Finds what is written like a control token, in texts that somebody laid out
// for this vocabulary. Immutable; the tokenizer must outlive it.
class ControlTokens {
 public:
  explicit ControlTokens(const engine::Tokenizer& tokenizer);

  struct Found {
    size_t begin = 0;
    size_t size = 0;
    engine::TokenId id = 0;
  };
  // The first one at or behind `from`, the longest of those that begin there.
  // Linear in the text's size.
  std::optional<Found> Find(std::string_view text, size_t from) const;

 private:
  std::unordered_map<std::string_view, engine::TokenId> names_;
  // The lengths of the names that begin with a byte, the longest first.
  std::array<std::vector<size_t>, 256> lengths_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_CONTROL_TOKENS_H_
