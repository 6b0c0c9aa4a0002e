// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace krait::remote {
namespace {

using testing::ElementsAre;

// The events of a text that comes in parts of `step` bytes.
std::vector<std::string> EventsIn(std::string_view text, size_t step) {
  std::vector<std::string> events;
  EventStream stream([&events](std::string_view data) -> base::Status {
    events.emplace_back(data);
    return {};
  });
  for (size_t at = 0; at < text.size(); at += step) {
    EXPECT_TRUE(stream.Add(text.substr(at, step)));
  }
  EXPECT_TRUE(stream.Finish());
  return events;
}

TEST(EventStreamTest, CutsEventsHoweverTheyCome) {
  constexpr std::string_view kText =
      ": a comment\r\n"
      "event: message\r\ndata: {\"a\": 1}\r\n\r\n"
      "data:second\ndata: line\n\n"
      "data\n\n"
      "database: no\n\n"
      "id: 7\rdata: third\r\rdata: [DONE]";
  for (const size_t step : {1U, 2U, 3U, 7U, 1000U}) {
    EXPECT_THAT(EventsIn(kText, step), ElementsAre("{\"a\": 1}", "second\nline",
                                                   "", "third", "[DONE]"))
        << step;
  }
}

TEST(EventStreamTest, AnErrorOfTheReaderEndsIt) {
  int events = 0;
  EventStream stream([&events](std::string_view) -> base::Status {
    ++events;
    return base::MakeError(base::ErrorCode::kBadFile, "no");
  });
  EXPECT_FALSE(stream.Add("data: 1\n\ndata: 2\n\n"));
  EXPECT_EQ(events, 1);
}

TEST(EventStreamTest, RefusesWhatHasNoEnd) {
  const auto ignore = [](std::string_view) -> base::Status { return {}; };
  EventStream line(ignore);
  const std::string part(EventStream::kMaxBytes / 4, 'a');
  base::Status added;
  int parts = 0;
  for (; added && parts < 10; ++parts) added = line.Add(part);
  ASSERT_FALSE(added);
  EXPECT_LE(parts, 6);
  EventStream event(ignore);
  added = {};
  for (parts = 0; added && parts < 10; ++parts) {
    added = event.Add("data: " + part + "\n");
  }
  ASSERT_FALSE(added);
  EXPECT_LE(parts, 6);
}

}  // namespace
}  // namespace krait::remote
