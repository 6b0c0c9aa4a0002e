// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/vocabulary.h"

#include <functional>

namespace krait::engine {
namespace {

std::optional<uint8_t> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

bool Vocabulary::Add(std::string_view name, TokenType type) {
  const auto id = static_cast<uint32_t>(types_.size());
  const bool taken = !name.empty() && Find(name).has_value();
  names_.Add(name);
  types_.push_back(type);
  if (name.empty()) return true;
  if (taken) return false;
  if ((num_used_ + 1) * 2 > slots_.size()) Grow();
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(name) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = id + 1;
  ++num_used_;
  return true;
}

std::optional<TokenId> Vocabulary::Find(std::string_view name) const {
  if (slots_.empty()) return std::nullopt;
  const size_t mask = slots_.size() - 1;
  size_t slot = std::hash<std::string_view>()(name) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (names_[slots_[slot] - 1] == name) return slots_[slot] - 1;
  }
  return std::nullopt;
}

void Vocabulary::Grow() {
  std::vector<uint32_t> old(slots_.empty() ? 512 : slots_.size() * 4, 0);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const uint32_t entry : old) {
    if (entry == 0) continue;
    size_t slot = std::hash<std::string_view>()(names_[entry - 1]) & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = entry;
  }
}

std::optional<uint8_t> ParseByteName(std::string_view name) {
  if (name.size() != 6 || name.substr(0, 3) != "<0x" || name[5] != '>') {
    return std::nullopt;
  }
  const auto high = HexDigit(name[3]);
  const auto low = HexDigit(name[4]);
  if (!high || !low) return std::nullopt;
  return static_cast<uint8_t>(*high * 16 + *low);
}

}  // namespace krait::engine
