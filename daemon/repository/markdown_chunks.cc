// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/markdown_chunks.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "daemon/repository/text_lines.h"
#include "daemon/repository/windows.h"

namespace krait::repository {
namespace {

std::string_view Trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\n";
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

struct Heading {
  size_t level = 0;  // 0: it is none
  std::string_view name;
};

// "## Name ##"
Heading HeadingOf(std::string_view line) {
  const size_t level = std::min(line.find_first_not_of('#'), line.size());
  if (level == 0 || level > 6 || level == line.size()) return {};
  if (line[level] != ' ' && line[level] != '\t') return {};
  std::string_view name = Trimmed(line.substr(level));
  name = Trimmed(name.substr(0, name.find_last_not_of('#') + 1));
  return {level, name};
}

// A line of = or - makes a heading of the one above.
size_t UnderlineLevel(std::string_view line) {
  line = Trimmed(line);
  if (line.size() < 2) return 0;
  if (line.find_first_not_of('=') == line.npos) return 1;
  if (line.find_first_not_of('-') == line.npos) return 2;
  return 0;
}

class Sections {
 public:
  explicit Sections(std::string_view text) : lines_(text) {}

  std::vector<Chunk> Run() {
    std::string_view fence;
    for (size_t line = 0; line < lines_.size(); ++line) {
      const std::string_view text = Trimmed(lines_.Line(line));
      const bool marks = text.starts_with("```") || text.starts_with("~~~");
      if (!fence.empty()) {
        if (marks && text.starts_with(fence)) fence = {};
        continue;
      }
      if (marks) {
        fence = text.substr(0, 3);
        continue;
      }
      if (const Heading heading = HeadingOf(text); heading.level > 0) {
        Begin(line, heading);
        continue;
      }
      const size_t underlined = UnderlineLevel(text);
      if (underlined > 0 && line > begin_ && !lines_.IsBlank(line - 1)) {
        const std::string_view above = Trimmed(lines_.Line(line - 1));
        const bool lists = above.starts_with('-') || above.starts_with('|') ||
                           above.starts_with('>');
        if (!lists) Begin(line - 1, {underlined, above});
      }
    }
    End(lines_.size());
    return std::move(chunks_);
  }

 private:
  void Begin(size_t line, const Heading& heading) {
    End(line);
    begin_ = line;
    while (!path_.empty() && path_.back().level >= heading.level) {
      path_.pop_back();
    }
    path_.push_back(heading);
  }

  // Windows of the section that ends before `end`.
  void End(size_t end) {
    while (begin_ < end) {
      const size_t last = WindowEnd(lines_, begin_, end);
      Add(begin_, last);
      begin_ = last;
    }
  }

  void Add(size_t first, size_t last) {
    std::optional<Chunk> chunk = ChunkOfLines(lines_, first, last);
    if (!chunk) return;
    if (!path_.empty()) {
      chunk->name = path_.back().name;
      chunk->head = path_.back().name;
      for (size_t i = 0; i + 1 < path_.size(); ++i) {
        if (i > 0) chunk->container += " / ";
        chunk->container += path_[i].name;
      }
    }
    chunks_.push_back(std::move(*chunk));
  }

  const TextLines lines_;
  size_t begin_ = 0;  // of the section at hand
  std::vector<Heading> path_;
  std::vector<Chunk> chunks_;
};

}  // namespace

std::vector<Chunk> CutMarkdown(std::string_view text) {
  return Sections(text).Run();
}

}  // namespace krait::repository
