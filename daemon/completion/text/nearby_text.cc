// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/text/nearby_text.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace krait::completion {
namespace {

// Returns how many folders two paths have in common, from the root on.
size_t CommonFolders(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  size_t folders = 0;
  for (size_t i = 0; i < size && a[i] == b[i]; ++i) {
    if (a[i] == '/') ++folders;
  }
  return folders;
}

}  // namespace

void LeaveOut(std::string_view name, std::vector<NearbyText>* texts) {
  std::erase_if(*texts,
                [name](const NearbyText& text) { return text.name == name; });
}

std::vector<NearbyText> NearestTexts(std::vector<OpenText> open,
                                     std::string_view path,
                                     std::string_view language) {
  const auto rank = [&](const OpenText& one) {
    return std::tuple(one.language != language, ~CommonFolders(one.path, path),
                      std::string_view(one.text.name));
  };
  std::ranges::sort(open, [&rank](const OpenText& a, const OpenText& b) {
    return rank(a) < rank(b);
  });
  std::vector<NearbyText> nearest;
  for (size_t i = 0; i < open.size() && i < kMostNearby; ++i) {
    nearest.push_back(std::move(open[i].text));
  }
  return nearest;
}

}  // namespace krait::completion
