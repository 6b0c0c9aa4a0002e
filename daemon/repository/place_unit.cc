// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/place_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace krait::repository {
namespace {

// The longer words first: one may begin with another.
constexpr std::array<std::string_view, 4> kPageWords = {"pages ", "page ",
                                                        "pp. ", "p. "};
constexpr std::array<std::string_view, 2> kCellWords = {"cells ", "cell "};

bool EndsWith(std::string_view path, std::string_view lower_end) {
  if (path.size() <= lower_end.size()) return false;
  const std::string_view end = path.substr(path.size() - lower_end.size());
  return std::ranges::equal(end, lower_end, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

std::optional<size_t> NumberOf(std::string_view text) {
  size_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    return std::nullopt;
  }
  return number;
}

template <size_t size>
void SkipOneOf(const std::array<std::string_view, size>& words,
               std::string_view* text) {
  for (const std::string_view word : words) {
    if (!text->starts_with(word)) continue;
    text->remove_prefix(word.size());
    return;
  }
}

// "12", "L12".
std::optional<size_t> LineOf(std::string_view text) {
  if (text.starts_with('L')) text.remove_prefix(1);
  return NumberOf(text);
}

}  // namespace

PlaceUnit UnitOfPlaces(std::string_view path) {
  if (EndsWith(path, ".pdf")) return PlaceUnit::kPage;
  if (EndsWith(path, ".ipynb")) return PlaceUnit::kCell;
  return PlaceUnit::kLine;
}

std::string_view UnitName(PlaceUnit unit) {
  switch (unit) {
    case PlaceUnit::kLine:
      return "line";
    case PlaceUnit::kPage:
      return "page";
    case PlaceUnit::kCell:
      return "cell";
  }
  return "";
}

std::string PlaceText(std::string_view path, size_t begin, size_t end) {
  const PlaceUnit unit = UnitOfPlaces(path);
  const std::string numbers =
      begin == end ? fmt::to_string(begin) : fmt::format("{}-{}", begin, end);
  if (unit == PlaceUnit::kLine) return fmt::format("{}:{}", path, numbers);
  return fmt::format("{}:{}{} {}", path, UnitName(unit),
                     begin == end ? "" : "s", numbers);
}

std::optional<NamedPlace> ParsePlace(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  std::string_view path = text.substr(0, colon);
  if (path.starts_with("./")) path.remove_prefix(2);
  std::string_view numbers = text.substr(colon + 1);
  const PlaceUnit unit = UnitOfPlaces(path);
  if (unit == PlaceUnit::kPage) SkipOneOf(kPageWords, &numbers);
  if (unit == PlaceUnit::kCell) SkipOneOf(kCellWords, &numbers);
  const auto number = unit == PlaceUnit::kLine ? LineOf : NumberOf;
  const size_t dash = numbers.find('-');
  const auto begin = number(numbers.substr(0, dash));
  const auto end =
      dash == numbers.npos ? begin : number(numbers.substr(dash + 1));
  if (!begin || !end || *end < *begin) return std::nullopt;
  return NamedPlace{.path = std::string(path), .begin = *begin, .end = *end};
}

}  // namespace krait::repository
