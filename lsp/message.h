// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_MESSAGE_H_
#define KRAIT_LSP_MESSAGE_H_

// JSON-RPC 2.0 messages, read and written.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lsp/error.h"
#include "lsp/json.h"

namespace krait::lsp {

// An integer, a string, or null (std::monostate): the id of a message so
// broken that its own id is unknown.
using RequestId = std::variant<std::monostate, int64_t, std::string>;

// Returns the id as JSON.
std::string ToText(const RequestId& id);
base::Status FromJson(const JsonValue& json, RequestId* out);

struct Message {
  enum class Kind {
    kRequest,       // method, id, payload = params
    kNotification,  // method, payload = params
    kResponse,      // id, payload = result, or error
    kInvalid,       // error, and id where it could be read: to be answered
  };
  Kind kind = Kind::kInvalid;
  std::string method;
  RequestId id;
  // Never null. Absent params or result read as missing. Valid until the next
  // Parse.
  const JsonValue* payload = nullptr;
  std::optional<Error> error;
};

// Parses message bodies. Thread-compatible.
class MessageParser {
 public:
  MessageParser();
  ~MessageParser();

  // Never fails: what is no message comes back as kInvalid with an error for
  // the client.
  Message Parse(std::string_view body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The bodies to send.
std::string RequestText(const RequestId& id, std::string_view method,
                        const RawJson& params);
std::string NotificationText(std::string_view method, const RawJson& params);
std::string ResponseText(const RequestId& id, const RawJson& result);
std::string ErrorText(const RequestId& id, const Error& error);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_MESSAGE_H_
