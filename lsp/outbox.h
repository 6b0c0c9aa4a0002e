// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_OUTBOX_H_
#define KRAIT_LSP_OUTBOX_H_

#include <string>

namespace krait::lsp {

// Where messages to one client go.
class Outbox {
 public:
  virtual ~Outbox() = default;

  // Takes one JSON body, to be framed (see Frame) and written in the order of
  // the calls. May be called from any thread, must not call back into this
  // layer, and drops the message when the connection is gone.
  virtual void Send(std::string message) = 0;
};

}  // namespace krait::lsp

#endif  // KRAIT_LSP_OUTBOX_H_
