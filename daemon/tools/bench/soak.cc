// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/soak.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <utility>

#include "daemon/tools/bench/generated_source.h"

namespace krait::daemon {
namespace {

constexpr std::string_view kTypedStatement =
    "total = sum(value for value in values if value is not None)\n    ";
constexpr size_t kTenths = 10;

size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t all_pages = 0;
  size_t resident_pages = 0;
  file >> all_pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// A user at random, who knows the texts only by their sizes.
class RandomUser {
 public:
  RandomUser(const std::vector<ScriptFile>& files, uint32_t seed)
      : random_(seed) {
    for (const ScriptFile& file : files) {
      sizes_.push_back(file.text.size());
      cursors_.push_back(file.text.size() / 2);
    }
  }

  // The first request in a file.
  KeystrokeStep Visit(size_t file) const {
    return {.kind = StepKind::kVisit,
            .file = file,
            .edit = {},
            .cursor_ofs = cursors_[file]};
  }

  KeystrokeStep Next() {
    if (Pick(100) == 0) file_ = Pick(sizes_.size());
    size_t& cursor = cursors_[file_];
    if (Pick(200) == 0) cursor = Pick(sizes_[file_]);
    if (Pick(10) == 0 && cursor > 0) {
      --cursor;
      --sizes_[file_];
      return {.kind = StepKind::kBackspace,
              .file = file_,
              .edit = TextEdit{.begin_ofs = cursor, .end_ofs = cursor + 1},
              .cursor_ofs = cursor};
    }
    const char typed = kTypedStatement[typed_++ % kTypedStatement.size()];
    const size_t before = cursor++;
    ++sizes_[file_];
    return {
        .kind = StepKind::kType,
        .file = file_,
        .edit =
            TextEdit{.begin_ofs = before, .end_ofs = before, .text = {typed}},
        .cursor_ofs = cursor};
  }

 private:
  // Not std::uniform_int_distribution: that differs between libraries.
  size_t Pick(size_t below) { return random_() % below; }

  std::mt19937 random_;
  std::vector<size_t> sizes_;
  std::vector<size_t> cursors_;
  size_t file_ = 0;
  size_t typed_ = 0;
};

std::vector<ScriptFile> MakeFiles(const SoakOptions& options) {
  std::vector<ScriptFile> files;
  for (size_t i = 0; i < options.files; ++i) {
    const auto seed = options.seed + static_cast<uint32_t>(i);
    files.push_back({.name = fmt::format("soak{}.py", i),
                     .text = GenerateSource(seed, options.lines)});
  }
  return files;
}

SoakMark MarkAt(size_t keystrokes, const KeystrokeSession& session) {
  return {.keystrokes = keystrokes,
          .resident_bytes = ResidentBytes(),
          .warm = session.warm_status()};
}

}  // namespace

base::Result<SoakResult> RunSoak(
    const SoakOptions& options,
    const std::function<void(size_t done, size_t total)>& on_progress) {
  const std::vector<ScriptFile> files = MakeFiles(options);
  auto started = KeystrokeSession::Start(options.session, files);
  if (!started) return started.error();
  KeystrokeSession& session = **started;
  SoakResult result{.model = session.description()};
  RandomUser user(files, options.seed);
  const size_t all = files.size() + options.keystrokes;
  for (size_t file = 0; file < files.size(); ++file) {
    const auto visited = session.Run(user.Visit(file));
    if (!visited) return visited.error();
    on_progress(file + 1, all);
  }
  result.begin = MarkAt(0, session);
  result.most_held_bytes = result.begin.warm.held_bytes;
  for (size_t i = 1; i <= options.keystrokes; ++i) {
    const KeystrokeStep step = user.Next();
    if (i % options.complete_every == 0) {
      const auto completed = session.Run(step);
      if (!completed) return completed.error();
      ++result.completions;
      // Looking is not free: all that is held is counted.
      result.most_held_bytes =
          std::max(result.most_held_bytes, session.warm_status().held_bytes);
    } else if (auto warmed = session.Warm(step); !warmed) {
      return warmed.error();
    }
    if (i * kTenths / options.keystrokes !=
        (i - 1) * kTenths / options.keystrokes) {
      result.marks.push_back(MarkAt(i, session));
    }
    on_progress(files.size() + i, all);
  }
  return result;
}

}  // namespace krait::daemon
