// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_STANDARD_STREAMS_H_
#define KRAIT_DAEMON_IO_STANDARD_STREAMS_H_

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace krait::daemon {

// Standard input and output for Asio, which makes descriptors non-blocking. A
// terminal is shared with the shell, so this puts them back, and leaves them
// open.
class StandardStreams {
 public:
  using Stream = boost::asio::posix::stream_descriptor;

  explicit StandardStreams(boost::asio::io_context& io)
      : input_flags_(fcntl(STDIN_FILENO, F_GETFL)),
        output_flags_(fcntl(STDOUT_FILENO, F_GETFL)),
        input_(io, STDIN_FILENO),
        output_(io, STDOUT_FILENO) {}
  ~StandardStreams() {
    input_.release();
    output_.release();
    if (input_flags_ != -1) (void)fcntl(STDIN_FILENO, F_SETFL, input_flags_);
    if (output_flags_ != -1) (void)fcntl(STDOUT_FILENO, F_SETFL, output_flags_);
  }
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

  Stream& input() { return input_; }
  Stream& output() { return output_; }

 private:
  int input_flags_;
  int output_flags_;
  Stream input_;
  Stream output_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_STANDARD_STREAMS_H_
