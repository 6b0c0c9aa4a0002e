// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/acceptance_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file_descriptor.h"
#include "daemon/session/acceptance_file.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr std::chrono::minutes kPatience{1};
constexpr AcceptanceCounts kOne{.shown = 2, .accepted = 1, .characters = 9};

class AcceptanceStoreTest : public testing::Test {
 protected:
  AcceptanceStoreTest() {
    char name[] = "/tmp/krait-acceptance-XXXXXX";
    dir_ = mkdtemp(name);
    file_ = dir_ / "krait" / "statistics.json";
  }
  ~AcceptanceStoreTest() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& text) {
    std::filesystem::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }
  std::string ProblemOf(const std::string& text) {
    Write(text);
    const auto table = ReadAcceptanceFile(file_);
    return table ? "" : table.error().message;
  }

  std::filesystem::path dir_;
  std::filesystem::path file_;
};

TEST_F(AcceptanceStoreTest, OutlivesTheProcess) {
  AcceptanceStore store(file_);
  store.Add("python", "spm", kOne);
  ASSERT_TRUE(store.Flush(kPatience));
  ASSERT_TRUE(store.Flush(kPatience));  // nothing is added twice
  const auto table = ReadAcceptanceFile(file_);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->all, kOne);
  EXPECT_EQ(table->by_language.at("python"), kOne);
  EXPECT_EQ(table->by_plan.at("spm"), kOne);
  EXPECT_THAT(table->since, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}"));
}

TEST_F(AcceptanceStoreTest, TwoProcessesAddUp) {
  AcceptanceStore one(file_);
  AcceptanceStore other(file_);
  one.Add("python", "spm", kOne);
  other.Add("c", "psm", kOne);
  ASSERT_TRUE(one.Flush(kPatience));
  ASSERT_TRUE(other.Flush(kPatience));
  EXPECT_EQ(other.Total()->all.shown, 4);
  EXPECT_EQ(other.Total()->by_language.size(), 2U);
  // It knows of the other's as soon as it adds something.
  one.Add("c", "psm", kOne);
  EXPECT_EQ(one.Total()->all.shown, 4);
  ASSERT_TRUE(one.Flush(kPatience));
  EXPECT_EQ(one.Total()->all.shown, 6);
}

TEST_F(AcceptanceStoreTest, WithoutAFileNothingIsCounted) {
  AcceptanceStore store({});
  store.Add("python", "spm", kOne);
  EXPECT_TRUE(store.Flush(kPatience));
  EXPECT_EQ(store.Total()->all, AcceptanceCounts{});
}

TEST_F(AcceptanceStoreTest, ABrokenFileIsSetAsideAndCountingBeginsAnew) {
  Write("{");
  AcceptanceStore store(file_);
  store.Add("python", "spm", kOne);
  ASSERT_TRUE(store.Flush(kPatience));
  EXPECT_EQ(ReadAcceptanceFile(file_)->all, kOne);
  EXPECT_EQ(store.Total()->all, kOne);
  std::ifstream stream(BrokenAcceptanceFile(file_));
  EXPECT_EQ(stream.get(), '{');
}

TEST_F(AcceptanceStoreTest, SaysWhatWasSetAside) {
  Write("{");
  const auto total = AddToAcceptanceFile(file_, {}, kPatience);
  ASSERT_TRUE(total);
  EXPECT_THAT(total->set_aside, HasSubstr("statistics.json"));
  EXPECT_THAT(total->set_aside, HasSubstr("statistics.json.broken"));
  EXPECT_EQ(AddToAcceptanceFile(file_, {}, kPatience)->set_aside, "");
}

TEST_F(AcceptanceStoreTest, WhatCannotBeSavedIsKept) {
  // A file that the folder should be.
  std::ofstream(dir_ / "krait") << "x";
  AcceptanceStore store(file_);
  store.Add("python", "spm", kOne);
  ASSERT_TRUE(store.Flush(kPatience));
  std::filesystem::remove(dir_ / "krait");
  ASSERT_TRUE(store.Flush(kPatience));
  EXPECT_EQ(ReadAcceptanceFile(file_)->all, kOne);
}

// Held by a process that does not go on.
TEST_F(AcceptanceStoreTest, NobodyWaitsForALockThatAnotherHolds) {
  Write("");
  std::filesystem::remove(file_);
  const base::FileDescriptor held(
      open((file_.string() + ".lock").c_str(), O_CREAT | O_RDWR, 0600));
  ASSERT_EQ(flock(held.get(), LOCK_EX), 0);
  {
    AcceptanceStore store(file_);
    store.Add("python", "spm", kOne);
    store.Save();
    store.Add("c", "spm", kOne);
    store.Save();
    EXPECT_FALSE(store.Flush(std::chrono::milliseconds(1)));
  }
  EXPECT_FALSE(std::filesystem::exists(file_));
  const auto added =
      AddToAcceptanceFile(file_, {}, std::chrono::milliseconds(1));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, HasSubstr("another process holds it"));
}

TEST_F(AcceptanceStoreTest, TheEndSaves) {
  {
    AcceptanceStore store(file_);
    store.Add("python", "spm", kOne);
  }
  EXPECT_EQ(ReadAcceptanceFile(file_)->all, kOne);
}

TEST_F(AcceptanceStoreTest, AProblemNamesTheField) {
  const std::string rest =
      R"(,"shown":1,"accepted":0,"partially":0,"characters":0)";
  EXPECT_THAT(ProblemOf("[1]"), HasSubstr("expected an object"));
  EXPECT_THAT(ProblemOf(R"({"since":"2026-01-01","shown":-1})"),
              HasSubstr("shown: expected a whole number"));
  EXPECT_THAT(ProblemOf(R"({"since":"x")" + rest + "}"),
              HasSubstr("by_language: expected an object"));
  EXPECT_THAT(ProblemOf(R"({"since":"x","by_language":{"c":{}},"by_plan":{})" +
                        rest + "}"),
              HasSubstr("by_language.c.shown: expected"));
}

TEST_F(AcceptanceStoreTest, MadeUpLanguagesDoNotGrowTheTable) {
  AcceptanceTable table;
  for (int i = 0; i < 1000; ++i) table.Add("l" + std::to_string(i), "", kOne);
  EXPECT_LE(table.by_language.size(), AcceptanceTable::kMostRows + 1);
  EXPECT_EQ(table.all.shown, 2000);
  const auto read =
      ParseAcceptanceTable(boost::json::serialize(ToJson(table)), "it");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->by_language, table.by_language);
}

}  // namespace
}  // namespace krait::daemon
