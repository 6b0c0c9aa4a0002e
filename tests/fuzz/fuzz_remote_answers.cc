// SPDX-License-Identifier: Apache-2.0
// What engines elsewhere answer: streams of events, answers, errors. However a
// stream is cut it says the same, and what is said of an error is a line that a
// terminal can have.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "daemon/models/http.h"
#include "daemon/remote/answer.h"
#include "daemon/remote/event_stream.h"
#include "daemon/remote/settings.h"

namespace krait::remote {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckLine(std::string_view text) {
  Require(base::IsUtf8(text));
  Require(std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  }));
}

void CheckAnswer(std::string_view text) {
  for (const AnswerShape shape :
       {AnswerShape::kText, AnswerShape::kMessage, AnswerShape::kLlama}) {
    const auto part = ReadAnswer(text, shape);
    if (part) {
      Require(base::IsUtf8(part->text));
    } else {
      Require(!part.error().message.empty());
    }
  }
  CheckLine(ReasonIn(text));
}

std::vector<std::string> EventsIn(std::string_view text, size_t step) {
  std::vector<std::string> events;
  EventStream stream([&events](std::string_view data) -> base::Status {
    events.emplace_back(data);
    return {};
  });
  for (size_t at = 0; at < text.size(); at += step) {
    if (!stream.Add(text.substr(at, step))) return events;
  }
  (void)stream.Finish();
  return events;
}

}  // namespace
}  // namespace krait::remote

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  krait::remote::CheckAnswer(text);
  const auto whole = krait::remote::EventsIn(text, size + 1);
  for (const size_t step : {size_t{1}, size_t{5}}) {
    krait::remote::Require(krait::remote::EventsIn(text, step) == whole);
  }
  for (const std::string& event : whole) krait::remote::CheckAnswer(event);
  if (const auto url = krait::remote::BaseOf(text)) {
    krait::remote::Require(!url->target.ends_with('/'));
  }
  return 0;
}
