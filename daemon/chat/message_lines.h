// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_MESSAGE_LINES_H_
#define KRAIT_DAEMON_CHAT_MESSAGE_LINES_H_

#include <string>
#include <string_view>

namespace krait::daemon {

// Makes messages of the lines that somebody types. A line is a message, but
//   text\        goes on in the next line (the backslash is not part of it),
//   """          on a line of its own begins a message of several lines, which
//                ends with the next such line,
//   ESC[200~...  what a terminal pastes is one message with the rest of its
//                last line, whatever is in it.
// Other control characters and sequences, such as those of arrow keys, are left
// out; tabs stay.
class MessageLines {
 public:
  // Takes a line, without its line feed. Returns whether the message is whole.
  bool Add(std::string_view line);

  // A message has begun, and is not whole yet.
  bool begun() const { return begun_; }

  // Returns what there is of the message, and begins the next.
  std::string Take();

 private:
  void AddText(std::string_view line, bool* typed_backslash);

  std::string text_;
  bool begun_ = false;
  bool fenced_ = false;
  bool pasting_ = false;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_MESSAGE_LINES_H_
