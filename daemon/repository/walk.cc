// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "base/system_error.h"
#include "daemon/repository/document.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string name;
  bool folder = false;
  bool regular = false;
  FileStamp stamp;
};

// Lists a folder; empty if that is not possible.
std::vector<Entry> List(const fs::path& folder) {
  std::vector<Entry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(folder.c_str()),
                                                   closedir);
  if (stream == nullptr) return entries;
  const int fd = dirfd(stream.get());
  while (const dirent* const found = readdir(stream.get())) {
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status {};
    if (fstatat(fd, found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({.name = std::string(name),
                       .folder = S_ISDIR(status.st_mode),
                       .regular = S_ISREG(status.st_mode),
                       .stamp = StampOf(status)});
  }
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

std::string IgnoreFileOf(const fs::path& folder) {
  auto text = ReadFile(folder / ".gitignore", IgnoreRules::kMaxFileBytes);
  return text ? std::move(*text) : std::string();
}

bool IsRepository(const fs::path& folder) {
  struct stat status {};
  return lstat((folder / ".git").c_str(), &status) == 0 &&
         S_ISDIR(status.st_mode);
}

std::string Join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

Verdict IgnoredBy(std::string_view pattern) {
  return {LeftOut::kIgnored,
          "is ignored by git's rules: " + std::string(pattern)};
}

Verdict OfFolder(const fs::path& root, const std::string& path,
                 const FileChoice& choice, const IgnoreRules& rules) {
  if (Verdict verdict = choice.ByFolder(path); !verdict.taken()) return verdict;
  if (const auto why = rules.WhyIgnored(path, true); !why.empty()) {
    return IgnoredBy(why);
  }
  if (IsRepository(root / path)) {
    return {LeftOut::kNested, path + "/ is a repository of its own"};
  }
  return {};
}

Verdict OfFile(const fs::path& root, const std::string& path,
               const FileStamp& stamp, const FileChoice& choice,
               const IgnoreRules& rules) {
  if (const auto why = rules.WhyIgnored(path, false); !why.empty()) {
    return IgnoredBy(why);
  }
  if (Verdict verdict = choice.ByName(root.string(), path); !verdict.taken()) {
    return verdict;
  }
  return choice.BySize(path, stamp.bytes);
}

class Walker {
 public:
  Walker(const fs::path& root, const FileChoice& choice,
         const WalkOptions& limits,
         const std::function<bool(FoundFile)>& on_file, std::stop_token stop)
      : root_(root),
        choice_(choice),
        limits_(limits),
        on_file_(on_file),
        stop_(std::move(stop)),
        rules_(root) {}

  base::Status Run() {
    struct stat status {};
    if (stat(root_.c_str(), &status) != 0) {
      return base::SystemError(root_, errno);
    }
    if (!S_ISDIR(status.st_mode)) {
      return base::MakeError(base::ErrorCode::kInvalidArgument,
                             root_.string() + ": expected a folder");
    }
    const bool finished = Enter("", 0);
    if (stop_.stop_requested() || !finished) {
      return base::MakeError(base::ErrorCode::kCancelled,
                             root_.string() + ": stopped");
    }
    return {};
  }

 private:
  // False: enough.
  bool Enter(const std::string& folder, size_t depth) {
    if (stop_.stop_requested()) return false;
    if (limits_.on_folder) limits_.on_folder(folder);
    rules_.Enter(folder, IgnoreFileOf(root_ / folder));
    bool go_on = true;
    for (Entry& entry : List(root_ / folder)) {
      const std::string path = Join(folder, entry.name);
      go_on = entry.folder ? EnterIfTaken(path, depth) : Take(path, entry);
      if (!go_on) break;
    }
    rules_.Leave();
    return go_on;
  }

  bool EnterIfTaken(const std::string& path, size_t depth) {
    if (depth >= limits_.max_depth) return true;
    if (!OfFolder(root_, path, choice_, rules_).taken()) return true;
    return Enter(path, depth + 1);
  }

  bool Take(const std::string& path, const Entry& entry) {
    if (!entry.regular) return true;
    if (!OfFile(root_, path, entry.stamp, choice_, rules_).taken()) return true;
    if (++files_ > limits_.max_files) return false;
    return on_file_({.path = path, .stamp = entry.stamp});
  }

  const fs::path& root_;
  const FileChoice& choice_;
  const WalkOptions& limits_;
  const std::function<bool(FoundFile)>& on_file_;
  const std::stop_token stop_;
  IgnoreRules rules_;
  size_t files_ = 0;
};

// Judges a path by all but its text, as a walk on the way down would.
Verdict ByPlace(const fs::path& root, const std::string& path,
                const struct stat& status, const FileChoice& choice) {
  IgnoreRules rules(root);
  rules.Enter("", IgnoreFileOf(root));
  for (size_t end = path.find('/'); end != path.npos;
       end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    struct stat of_folder {};
    if (lstat((root / folder).c_str(), &of_folder) != 0 ||
        !S_ISDIR(of_folder.st_mode)) {
      return {LeftOut::kNotRegular, folder + "/ is a link"};
    }
    if (Verdict verdict = OfFolder(root, folder, choice, rules);
        !verdict.taken()) {
      return verdict;
    }
    rules.Enter(folder, IgnoreFileOf(root / folder));
  }
  if (S_ISDIR(status.st_mode)) return OfFolder(root, path, choice, rules);
  if (!S_ISREG(status.st_mode)) {
    return {LeftOut::kNotRegular, "is no regular file"};
  }
  return OfFile(root, path, StampOf(status), choice, rules);
}

// Whether a path stays below what it is relative to.
bool IsBelow(const std::string& path) {
  const fs::path relative(path);
  return !path.empty() && relative.is_relative() &&
         relative.lexically_normal() == relative && *relative.begin() != "..";
}

}  // namespace

base::Status Walk(const fs::path& root, const FileChoice& choice,
                  const WalkOptions& limits,
                  const std::function<bool(FoundFile)>& on_file,
                  std::stop_token stop) {
  return Walker(root, choice, limits, on_file, std::move(stop)).Run();
}

base::Result<Verdict> Explain(const fs::path& root, const std::string& path,
                              const FileChoice& choice) {
  struct stat status {};
  if (lstat((root / path).c_str(), &status) != 0) {
    return base::SystemError(root / path, errno);
  }
  Verdict verdict = ByPlace(root, path, status, choice);
  if (!verdict.taken() || !S_ISREG(status.st_mode)) return verdict;
  const auto text = ReadFile(root / path, FileChoice::MostBytes(path));
  const auto unreadable = [](const base::Error& error) {
    return Verdict{LeftOut::kUnreadable, "cannot be read: " + error.message};
  };
  if (!text) return unreadable(text.error());
  if (!IsDocument(path)) return choice.ByText(path, *text);
  const auto document = ReadDocument(path, *text);
  if (!document) return unreadable(document.error());
  return choice.ByText(path, document->text);
}

std::optional<FoundFile> FindFile(const fs::path& root, const std::string& path,
                                  const FileChoice& choice) {
  struct stat status {};
  if (!IsBelow(path) || lstat((root / path).c_str(), &status) != 0 ||
      !S_ISREG(status.st_mode) ||
      !ByPlace(root, path, status, choice).taken()) {
    return std::nullopt;
  }
  return FoundFile{.path = path, .stamp = StampOf(status)};
}

fs::path RootOf(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (real.empty()) real = path;
  if (real.has_relative_path() && real.filename().empty()) {
    real = real.parent_path();
  }
  for (fs::path folder = real; !folder.empty(); folder = folder.parent_path()) {
    struct stat status {};
    if (lstat((folder / ".git").c_str(), &status) == 0) return folder;
    if (!folder.has_relative_path()) break;
  }
  return real;
}

}  // namespace krait::repository
