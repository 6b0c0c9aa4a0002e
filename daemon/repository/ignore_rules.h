// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_IGNORE_RULES_H_
#define KRAIT_DAEMON_REPOSITORY_IGNORE_RULES_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::repository {

// A line of a .gitignore, as gitignore(5) has it. Matching takes the time of
// |pattern| * |path|, whatever it is.
class IgnorePattern {
 public:
  static constexpr size_t kMaxBytes = 4096;

  // Nothing for an empty line, a comment, or what is longer than kMaxBytes.
  static std::optional<IgnorePattern> Parse(std::string_view line);

  // `path` is relative to the folder of the file that the line is from.
  bool Matches(std::string_view path, bool is_folder) const;

  // "!pattern": what it matches is not ignored.
  bool allows() const { return allows_; }
  std::string_view text() const { return text_; }

 private:
  enum class Kind : uint8_t {
    kLiteral,  // a byte
    kAny,      // ?
    kClass,    // [a-z]
    kStar,     // *: any bytes but slashes
    kFolders,  // **/ at the begin of a name: any folders, or none
    kRest,     // ** at the end, behind a slash: whatever is inside
  };
  struct Element {
    Kind kind = Kind::kLiteral;
    unsigned char byte = 0;
    size_t set = 0;  // index into sets_
  };

  bool AddClass(std::string_view glob, size_t* at);
  void AddElements(std::string_view glob);
  bool MatchesGlob(std::string_view path) const;

  // Where a match has come to. `at[i]`: what stands before element i has
  // matched. `within[i]`: so it has, and element i is kFolders, in the middle
  // of a folder's name.
  struct Places {
    explicit Places(size_t count) : at(count), within(count) {}
    std::vector<char> at;
    std::vector<char> within;
  };
  void PassEmpty(std::vector<char>* at) const;
  void Advance(size_t i, unsigned char byte, const Places& from,
               Places* to) const;

  std::string text_;
  std::vector<Element> elements_;
  std::vector<std::bitset<256>> sets_;
  bool allows_ = false;
  bool folders_only_ = false;
  bool anchored_ = false;  // the whole path, not its last name
  bool literal_ = false;   // nothing but kLiteral: text_ holds them
};

// What git would ignore in a tree, asked on the way down through its folders:
// the user's own list, .git/info/exclude, and the .gitignore of each folder, of
// which the innermost that says something decides.
//
// A folder that is ignored is not to be entered. Thread-compatible.
class IgnoreRules {
 public:
  // No more of one file are read.
  static constexpr size_t kMaxFileBytes = size_t{1} << 20;
  static constexpr size_t kMaxPatterns = 20'000;

  // Reads the lists that lie outside of the folders of `root`.
  explicit IgnoreRules(const std::filesystem::path& root);

  // `folder` is relative to the root, without a slash at its end; "" is the
  // root. `gitignore`: what its .gitignore says; may be empty.
  void Enter(std::string_view folder, std::string_view gitignore);
  void Leave();

  // Returns the line that has `path` (relative to the root) ignored; empty if
  // it is not.
  std::string_view WhyIgnored(std::string_view path, bool is_folder) const;

 private:
  struct List {
    std::string folder;  // "" or with a slash at its end
    std::vector<IgnorePattern> patterns;
  };

  static std::vector<IgnorePattern> ReadPatterns(std::string_view text);
  void AddFile(const std::filesystem::path& file);

  std::vector<List> lists_;  // the innermost last
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_IGNORE_RULES_H_
