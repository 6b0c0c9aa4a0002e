// SPDX-License-Identifier: Apache-2.0
//
// A script plays pdftotext here, so that what it does wrong can be tried, and
// on machines that have none. tests/daemon/repository_test.py asks a real one.
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "daemon/repository/document_chunks.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/pdf_pages.h"
#include "daemon/repository/pdf_tool.h"
#include "daemon/repository/search.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

TEST(PdfPagesTest, AFormFeedEndsAPage) {
  const Document document = SplitPages("one\ntwo\n\f\f three\f", 5);
  ASSERT_EQ(document.parts.size(), 3U);
  EXPECT_EQ(document.parts[0].number, 5U);
  EXPECT_EQ(document.TextOf(document.parts[0]), "one\ntwo\n");
  EXPECT_EQ(document.parts[2].number, 7U);
  const auto chunks = CutDocument(document);  // a blank page is none
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[1].begin_line, 7U);
}

TEST(PdfPagesTest, WordsAreWhole) {
  const Document document = SplitPages(
      "the con\xEF\xAC\x81gu-\nration of X-\nRays, e-\nmail\x01 "
      "soft\xC2\xADly");
  EXPECT_EQ(document.text, "the configuration\nof X-\nRays, email\nsoftly\n");
}

class PdfTest : public RepositoryTest {
 protected:
  void SetUp() override {
    RepositoryTest::SetUp();
    before_ = std::getenv("PATH");
    setenv("PATH", ("relative:" + folder_.string() + ":" + before_).c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", before_.c_str(), 1);
    RepositoryTest::TearDown();
  }

  void Tool(const std::string& script) const {
    const auto file = folder_ / "pdftotext";
    std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
    ASSERT_EQ(chmod(file.c_str(), 0755), 0);
  }
  std::vector<Passage> Find(const std::string& question) const {
    const auto index = folder_ / "state" / "repo.index";
    EXPECT_TRUE(UpdateIndex({.index = index, .root = root_}));
    auto searcher = Searcher::Open(index);
    EXPECT_TRUE(searcher);
    auto found = searcher->Find(question, 10);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<Passage>();
  }

  std::string before_;
};

TEST_F(PdfTest, APageIsFoundAndReadAgain) {
  // Pages are the lines of the file.
  Tool(R"(
while getopts 'qe:f:l:' option "$@" 2>/dev/null; do :; done
first=1; last=9; previous=
for argument; do
  case $previous in -f) first=$argument ;; -l) last=$argument ;; esac
  previous=$argument
done
sed -n "${first},${last}p" /dev/stdin | tr '\n' '\f')");
  Write("manual.pdf", "%PDF cover\nthe gearbox of the mill\nthe sails\n");
  const auto found = Find("gearbox");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "manual.pdf");
  EXPECT_EQ(found[0].begin_line, 2U);
  EXPECT_EQ(found[0].end_line, 2U);
  EXPECT_EQ(ReadPassage(root_, found[0]), "the gearbox of the mill\n");
}

TEST_F(PdfTest, WhatBecomesOfTheProgramIsAnErrorAtMost) {
  for (const auto& [script, why] :
       {std::pair<std::string, std::string>("kill -SEGV $$", "by signal 11"),
        {"echo half; exit 3", "cannot read it (exit status 3)"},
        {"yes | head -c 20000000", "more than 16 MiB of text"}}) {
    Tool(script);
    const auto text = PdfToText("%PDF");
    ASSERT_FALSE(text) << script;
    EXPECT_EQ(text.error().code, base::ErrorCode::kBadFile);
    EXPECT_NE(text.error().message.find(why), std::string::npos)
        << text.error().message;
  }
}

TEST_F(PdfTest, AFileThatCannotBeReadIsLeftOutUntilItChanges) {
  Tool("exit 1");
  Write("bad.pdf", "%PDF bad");
  Write("a.txt", "gearbox\n");
  EXPECT_EQ(Find("gearbox").size(), 1U);
  const auto report =
      UpdateIndex({.index = folder_ / "state" / "repo.index", .root = root_});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->changed, 0U);
  EXPECT_EQ(report->counts.left_out, 1U);
  const auto verdict = Explain(root_, "bad.pdf", FileChoice());
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->left_out, LeftOut::kUnreadable);
  EXPECT_EQ(verdict->why,
            "cannot be read: bad.pdf: pdftotext cannot read it "
            "(exit status 1)");
}

TEST_F(PdfTest, AStopEndsIt) {
  Tool("exec sleep 50");
  std::stop_source stop;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  const auto text = PdfToText("%PDF", {}, stop.get_token());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, base::ErrorCode::kCancelled);
}

TEST_F(PdfTest, ItGetsNothingButTheFileAndMayWriteNothing) {
  setenv("KRAIT_PDF_TEST_SECRET", "x", 1);
  Tool(
      "env | grep -c KRAIT_PDF; ls /proc/self/fd | wc -l; cat /dev/stdin\n"
      "(echo x > '" +
      (folder_ / "written").string() + "') 2>/dev/null; true");
  const auto text = PdfToText("bytes");
  unsetenv("KRAIT_PDF_TEST_SECRET");
  ASSERT_TRUE(text) << text.error().message;
  // ls opens the folder itself.
  EXPECT_EQ(*text, "0\n4\nbytes");
}

}  // namespace
}  // namespace krait::repository
