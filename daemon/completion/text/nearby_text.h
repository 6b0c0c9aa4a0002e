// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_NEARBY_TEXT_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_NEARBY_TEXT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace krait::completion {

struct RepositoryPlace;

// One state of a text that lies somewhere: in an editor, on a disk. Immutable;
// read on the generator's thread.
class TextSource {
 public:
  virtual ~TextSource() = default;
  // Returns its first bytes, up to `max_bytes`.
  virtual std::string Read(size_t max_bytes) const = 0;
};

// A text whose words may come again in another one.
struct NearbyText {
  std::string name;                          // of the text in all its states
  std::shared_ptr<const TextSource> source;  // not null; one for each state
};

// Takes the text of that name out of them.
void LeaveOut(std::string_view name, std::vector<NearbyText>* texts);

// A text that is open beside the one that is completed.
struct OpenText {
  std::string path;      // in the workspace, with slashes; empty: none
  std::string language;  // as its editor names it
  NearbyText text;
};

// Returns those that are most likely to have the words that come next in a
// document at `path`, the likeliest first, at most kMostNearby: of the same
// language, then in the same folder or near it. The order in which they were
// opened or looked at does not count.
inline constexpr size_t kMostNearby = 16;
std::vector<NearbyText> NearestTexts(std::vector<OpenText> open,
                                     std::string_view path,
                                     std::string_view language);

// What a model may be reminded of while it completes, beyond what it is shown.
struct RememberedTexts {
  // The document around the cursor, as far as it is remembered.
  std::string_view before;
  std::string_view after;
  const std::vector<NearbyText>* others = nullptr;  // null: none
  // Of whose other files, too; null: of none.
  const RepositoryPlace* repository = nullptr;
};

// So much of a document is remembered on each side of the cursor.
inline constexpr size_t kRememberedBytes = size_t{256} << 10;

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_NEARBY_TEXT_H_
