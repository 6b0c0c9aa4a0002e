// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_PLACE_UNIT_H_
#define KRAIT_DAEMON_REPOSITORY_PLACE_UNIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krait::repository {

// What the numbers of a place in a file count, always from 1.
enum class PlaceUnit : uint8_t {
  kLine,
  kPage,  // of a PDF file
  kCell,  // of a notebook, of whatever kind it is
};

// By the file's name.
PlaceUnit UnitOfPlaces(std::string_view path);

// "line", "page", "cell".
std::string_view UnitName(PlaceUnit unit);

// "a.cc:12-34", "a.cc:12", "a.pdf:page 3", "a.pdf:pages 3-5", "a.ipynb:cell 7".
std::string PlaceText(std::string_view path, size_t begin, size_t end);

struct NamedPlace {
  std::string path;
  size_t begin = 1;
  size_t end = 1;  // the last one, not before the first
};

// Reads what PlaceText writes; also without the unit ("a.pdf:3"), with an L
// before lines, and with "p." for pages. A unit that the file does not have is
// none.
std::optional<NamedPlace> ParsePlace(std::string_view text);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_PLACE_UNIT_H_
