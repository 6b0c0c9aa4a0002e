// SPDX-License-Identifier: Apache-2.0
#include "lsp/message.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/json_value.h"
#include "base/utf8.h"
#include "lsp/json_repair.h"
#include "lsp/json_writer.h"

namespace krait::lsp {
namespace {

// No message of the protocol is nested deeper than some ten levels.
constexpr size_t kMaxDepth = 200;
// A parser keeps about 18 bytes for each of the longest message so far. One
// that grew for a big file is given up afterwards.
constexpr size_t kKeptCapacity = size_t{4} << 20;

Error InvalidRequest(std::string message) {
  return MakeError(ErrorCode::kInvalidRequest, std::move(message));
}

Error ParseErrorOf(std::string_view body, simdjson::error_code code) {
  std::string reason = simdjson::error_message(code);
  if (!base::IsUtf8(body)) reason = "it is not UTF-8";
  return MakeError(ErrorCode::kParseError,
                   "the message is not valid JSON: " + reason);
}

// Returns the error object of a response.
Error ReadError(const JsonValue& json) {
  Error error;
  int32_t code = static_cast<int32_t>(ErrorCode::kInternalError);
  base::ObjectReader(json)
      .Optional("code", &code)
      .Optional("message", &error.message);
  error.code = static_cast<ErrorCode>(code);
  return error;
}

}  // namespace

struct MessageParser::Impl {
  simdjson::dom::parser parser;
  JsonValue payload;

  simdjson::error_code Read(std::string_view body,
                            simdjson::dom::element* root);
  simdjson::error_code ReadOrRepair(std::string_view body,
                                    simdjson::dom::element* root);
  Message Classify(const base::ObjectReader& object);
  Message Call(const base::ObjectReader& object, Message message);
};

MessageParser::MessageParser() : impl_(std::make_unique<Impl>()) {}
MessageParser::~MessageParser() = default;

// Parses `body` into `root`, with room for it and bounded depth.
simdjson::error_code MessageParser::Impl::Read(std::string_view body,
                                               simdjson::dom::element* root) {
  if (parser.capacity() > kKeptCapacity) parser = simdjson::dom::parser();
  if (parser.capacity() < body.size() || parser.capacity() == 0) {
    constexpr size_t kLeast = 4096;
    const simdjson::error_code code = parser.allocate(
        std::bit_ceil(std::max(body.size(), kLeast)), kMaxDepth);
    if (code != simdjson::SUCCESS) return code;
  }
  return parser.parse(body.data(), body.size()).get(*root);
}

// The same, of what was plainly meant if the body is not valid as it is.
simdjson::error_code MessageParser::Impl::ReadOrRepair(
    std::string_view body, simdjson::dom::element* root) {
  const simdjson::error_code code = Read(body, root);
  if (code == simdjson::SUCCESS) return code;
  // Valid as long as the parsed document, which keeps nothing of it.
  const std::string repaired = RepairJson(body);
  if (repaired == body) return code;
  return Read(repaired, root) == simdjson::SUCCESS ? simdjson::SUCCESS : code;
}

Message MessageParser::Parse(std::string_view body) {
  Message message;
  impl_->payload = JsonValue();
  message.payload = &impl_->payload;
  simdjson::dom::element root;
  if (const simdjson::error_code code = impl_->ReadOrRepair(body, &root);
      code != simdjson::SUCCESS) {
    message.error = ParseErrorOf(body, code);
    return message;
  }
  if (root.is_array()) {
    message.error = InvalidRequest("batches are not supported");
    return message;
  }
  if (!root.is_object()) {
    message.error = InvalidRequest("expected a JSON object");
    return message;
  }
  return impl_->Classify(base::ObjectReader(JsonValue(root)));
}

Message MessageParser::Impl::Classify(const base::ObjectReader& object) {
  Message message;
  message.payload = &payload;
  const JsonValue id = object.Field("id");
  const auto id_read = FromJson(id, &message.id);
  const JsonValue error = object.Field("error");
  // A result that is undefined is left out by some. Not even a broken response
  // is answered: that could go on forever, or pass for the answer to a request
  // of the client that has the same id.
  if (object.Field("method").IsMissing() &&
      (!error.IsMissing() || !object.Field("result").IsMissing() ||
       object.Field("params").IsMissing())) {
    message.kind = Message::Kind::kResponse;
    payload = object.Field("result");
    if (!error.IsMissingOrNull()) message.error = ReadError(error);
    return message;
  }
  if (!id_read) {
    message.error = InvalidRequest("id" + id_read.error().message);
    return message;
  }
  message.kind =
      id.IsMissing() ? Message::Kind::kNotification : Message::Kind::kRequest;
  return Call(object, std::move(message));
}

// Reads what requests and notifications have in common.
Message MessageParser::Impl::Call(const base::ObjectReader& object,
                                  Message message) {
  const auto invalid = [&message](std::string text) {
    message.kind = Message::Kind::kInvalid;
    message.error = InvalidRequest(std::move(text));
    return message;
  };
  std::string version;
  if (!FromJson(object.Field("jsonrpc"), &version) || version != "2.0") {
    return invalid("jsonrpc: expected \"2.0\"");
  }
  if (auto read = FromJson(object.Field("method"), &message.method); !read) {
    return invalid("method" + read.error().message);
  }
  if (message.kind == Message::Kind::kRequest &&
      std::holds_alternative<std::monostate>(message.id)) {
    return invalid("id: expected an integer or a string, got null");
  }
  const JsonValue params = object.Field("params");
  if (params.IsMissingOrNull()) return message;
  if (!params.element().is_object() && !params.element().is_array()) {
    return invalid("params" +
                   Expected("an object or an array", params).message);
  }
  payload = params;
  return message;
}

base::Status FromJson(const JsonValue& json, RequestId* out) {
  *out = std::monostate();
  if (json.IsMissingOrNull()) return {};
  if (json.element().is_string()) {
    return FromJson(json, &out->emplace<std::string>());
  }
  int64_t number = 0;
  if (!base::ReadExact(json, &number)) {
    return Expected("an integer or a string", json);
  }
  *out = number;
  return {};
}

std::string ToText(const RequestId& id) {
  if (const auto* number = std::get_if<int64_t>(&id)) {
    return std::to_string(*number);
  }
  if (const auto* text = std::get_if<std::string>(&id)) {
    return boost::json::serialize(JsonString(*text));
  }
  return "null";
}

std::string RequestText(const RequestId& id, std::string_view method,
                        const RawJson& params) {
  return R"({"jsonrpc":"2.0","id":)" + ToText(id) + R"(,"method":)" +
         boost::json::serialize(JsonString(method)) + R"(,"params":)" +
         params.text + "}";
}

std::string NotificationText(std::string_view method, const RawJson& params) {
  return R"({"jsonrpc":"2.0","method":)" +
         boost::json::serialize(JsonString(method)) + R"(,"params":)" +
         params.text + "}";
}

std::string ResponseText(const RequestId& id, const RawJson& result) {
  return R"({"jsonrpc":"2.0","id":)" + ToText(id) + R"(,"result":)" +
         result.text + "}";
}

std::string ErrorText(const RequestId& id, const Error& error) {
  return R"({"jsonrpc":"2.0","id":)" + ToText(id) + R"(,"error":{"code":)" +
         std::to_string(static_cast<int32_t>(error.code)) + R"(,"message":)" +
         boost::json::serialize(JsonString(error.message)) + "}}";
}

}  // namespace krait::lsp
