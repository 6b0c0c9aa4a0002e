// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_TEXT_LINES_H_
#define KRAIT_DAEMON_REPOSITORY_TEXT_LINES_H_

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace krait::repository {

// Where the lines of a text begin. What follows the last newline is a line if
// there is anything. The text must outlive it.
class TextLines {
 public:
  explicit TextLines(std::string_view text) : text_(text) {
    for (size_t begin = 0; begin < text.size();) {
      begins_.push_back(begin);
      const size_t newline = text.find('\n', begin);
      begin = newline == text.npos ? text.size() : newline + 1;
    }
    begins_.push_back(text.size());
  }

  std::string_view text() const { return text_; }
  size_t size() const { return begins_.size() - 1; }
  // Also of the line behind the last.
  size_t Begin(size_t line) const { return begins_[line]; }
  // With its newline.
  std::string_view Line(size_t line) const {
    return text_.substr(begins_[line], begins_[line + 1] - begins_[line]);
  }
  size_t LineOf(size_t ofs) const {
    const auto after =
        std::upper_bound(begins_.begin(), begins_.end() - 1, ofs);
    return static_cast<size_t>(after - begins_.begin()) - 1;
  }
  bool IsBlank(size_t line) const {
    return Line(line).find_first_not_of(" \t\r\n\f\v") ==
           std::string_view::npos;
  }

 private:
  std::string_view text_;
  std::vector<size_t> begins_;  // of each line, and the text's end
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_TEXT_LINES_H_
