// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_RULES_FILE_RULES_H_
#define KRAIT_DAEMON_COMPLETION_RULES_FILE_RULES_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace krait::completion {

// Whether the model may read a document's text.
struct ReadPermission {
  // Not known yet: the file system is being asked. Until then it is not read.
  bool pending = false;
  // A sentence that says why not; empty if it may, once that is known.
  std::string why_not = {};

  bool granted() const { return !pending && why_not.empty(); }
};

// Which files the model may not read, by their names.
//
// Krait has a list of its own: files that hold passwords and keys. The user's
// lists, one from each place where settings are, are joined with it; none
// replaces another. In a list the last glob that matches a name decides, and
// one behind "!" allows. What a user's list forbids no other list allows; what
// krait's own forbids is allowed where a user's says so: "!example.env".
//
// Globs forbid whatever the case of the letters, but allow only as written.
class FileRules {
 public:
  // Krait's own list.
  static std::span<const std::string_view> OwnGlobs();

  // Adds a user's list (see MatchesGlob). "./", "~/" and "/" in front of a glob
  // mean nothing, as each matches below any folder; "a/" is "a/**"; "[abc]" is
  // any one character; "{a,b}" are two globs. Returns false, and changes
  // nothing, if one of them cannot be read.
  bool Join(std::vector<std::string> globs);

  // A list could not be read. From here on nothing may be read.
  void Distrust(std::string why);
  bool trusted() const { return distrusted_because_.empty(); }

  // Returns a sentence that says why a file may not be read which has these
  // names: all paths that lead to it, in any spelling. Empty if it may.
  std::string WhyUnread(std::span<const std::string> names) const;

  // All that users said, in the order in which it came.
  std::vector<std::string> globs() const;

  bool operator==(const FileRules&) const = default;

 private:
  struct Glob {
    std::string text;  // as the user wrote it
    // Normal forms, in lower case unless it allows.
    std::vector<std::string> forms;
    bool allows = false;
    bool operator==(const Glob&) const = default;
  };
  struct Name;
  using List = std::vector<Glob>;

  static bool Read(const std::string& text, Glob* glob);
  static const List& OwnList();
  static const Glob* LastMatch(const List& list, const Name& name);
  std::string WhyUnread(const Name& name) const;

  std::vector<List> lists_;
  std::string distrusted_because_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_RULES_FILE_RULES_H_
