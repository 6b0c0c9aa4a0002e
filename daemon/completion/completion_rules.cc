// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/completion_rules.h"

#include <fmt/format.h>

#include <cstddef>

namespace krait::daemon {
namespace {

// Which beginnings of a path the glob read so far can be: element i stands for
// the first i bytes.
using Reached = std::vector<bool>;

// Lets a star go on from each place that is reached.
void Star(std::string_view path, bool across_folders, Reached* reached) {
  for (size_t i = 0; i < path.size(); ++i) {
    if ((*reached)[i] && (across_folders || path[i] != '/')) {
      (*reached)[i + 1] = true;
    }
  }
}

void Character(std::string_view path, char wanted, Reached* reached) {
  for (size_t i = path.size(); i > 0; --i) {
    const char c = path[i - 1];
    const bool fits = wanted == '?' ? c != '/' : c == wanted;
    (*reached)[i] = fits && (*reached)[i - 1];
  }
  (*reached)[0] = false;
}

}  // namespace

bool MatchesGlob(std::string_view glob, std::string_view path) {
  Reached reached(path.size() + 1, false);
  reached[0] = true;
  for (size_t i = 1; i < path.size(); ++i) reached[i] = path[i - 1] == '/';
  for (size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] != '*') {
      Character(path, glob[i], &reached);
      continue;
    }
    const bool twice = i + 1 < glob.size() && glob[i + 1] == '*';
    Star(path, twice, &reached);
    if (!twice) continue;
    ++i;
    // "a/**/b" is "a/b", too.
    const bool in_path = i + 1 < glob.size() && glob[i + 1] == '/';
    if (!in_path) continue;
    Reached without = reached;
    Character(path, '/', &reached);
    for (size_t k = 0; k < reached.size(); ++k) {
      const bool at_folder = k == 0 || path[k - 1] == '/';
      reached[k] = reached[k] || (without[k] && at_folder);
    }
    ++i;
  }
  return reached.back();
}

std::string WhyUnread(const CompletionRules& rules,
                      const CompletionSubject& subject) {
  for (const std::string& glob : rules.disabled_files) {
    if (MatchesGlob(glob, subject.path)) {
      return fmt::format("the file matches \"{}\" in completion.disabled_files",
                         glob);
    }
  }
  return {};
}

std::string WhyForbidden(const CompletionRules& rules,
                         const CompletionSubject& subject, bool invoked) {
  if (std::string why = WhyUnread(rules, subject); !why.empty()) return why;
  if (invoked) return {};
  if (!rules.enabled) return "turned off by completion.enabled";
  if (std::string why = WhyLanguageIsOff(
          rules.languages, subject.model_languages, subject.language_id);
      !why.empty()) {
    return why;
  }
  if (rules.trigger == CompletionTrigger::kOnDemand) {
    return "only on demand, by completion.trigger";
  }
  return {};
}

}  // namespace krait::daemon
