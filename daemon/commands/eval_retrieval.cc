// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_retrieval.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/system_error.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"
#include "daemon/repository/walk.h"
#include "daemon/terminal.h"
#include "daemon/tools/eval/retrieval_cases.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using repository::FileChoice;
using repository::Passage;

constexpr size_t kDepth = 10;

struct RetrievalScore {
  std::string name;
  size_t questions = 0;
  size_t first = 0;
  size_t of_five = 0;
  size_t of_ten = 0;
  double reciprocal_ranks = 0;
  std::vector<double> milliseconds;

  double Share(double part) const {
    return questions == 0 ? 0 : part / static_cast<double>(questions);
  }
  // What the given share of the searches took at most.
  double Time(double share) const {
    if (milliseconds.empty()) return 0;
    std::vector<double> sorted = milliseconds;
    std::ranges::sort(sorted);
    const auto rank =
        static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
    return sorted[rank];
  }
};

// A folder that goes with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string name =
        (fs::temp_directory_path(error) / "krait-eval-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code none;
    if (!path_.empty()) fs::remove_all(path_, none);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

using CasesByPath = std::map<std::string, std::vector<RetrievalCase>>;

base::Result<CasesByPath> ReadRetrievalCases(const fs::path& root,
                                             const FileChoice& choice) {
  CasesByPath cases;
  Progress progress("reading files", 0);
  size_t done = 0;
  const auto walked = repository::Walk(
      root, choice, {}, [&](const repository::FoundFile& file) {
        progress.Update(++done);
        auto text =
            repository::ReadFile(root / file.path, FileChoice::kMaxBytes);
        if (!text || !choice.ByText(file.path, *text).taken()) return true;
        auto found = CasesOf(
            file.path, std::make_shared<const std::string>(std::move(*text)));
        if (!found.empty()) cases[file.path] = std::move(found);
        return true;
      });
  if (!walked) return walked.error();
  return cases;
}

// At most `most` of all, spread over the files.
std::vector<RetrievalCase> EvenlySpread(const CasesByPath& cases, size_t most) {
  std::vector<RetrievalCase> all;
  for (const auto& [path, of_file] : cases) {
    all.insert(all.end(), of_file.begin(), of_file.end());
  }
  if (all.size() <= most) return all;
  std::vector<RetrievalCase> spread;
  for (size_t i = 0; i < most; ++i) {
    spread.push_back(all[i * all.size() / most]);
  }
  return spread;
}

bool IsWanted(const Passage& passage, const RetrievalCase& wanted) {
  return passage.path == wanted.path && passage.begin_line <= wanted.end_line &&
         wanted.begin_line <= passage.end_line && passage.name == wanted.name;
}

base::Status AskFor(const std::vector<RetrievalCase>& cases, bool by_name,
                    repository::Searcher* searcher, RetrievalScore* score) {
  // A name that several have has no one answer.
  std::map<std::string_view, size_t> names;
  for (const RetrievalCase& one : cases) ++names[one.name];
  for (const RetrievalCase& one : cases) {
    if (by_name && names[one.name] > 1) continue;
    const auto begin = std::chrono::steady_clock::now();
    const auto found = searcher->Find(by_name ? one.name : one.comment, kDepth);
    if (!found) return found.error();
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - begin;
    score->milliseconds.push_back(took.count());
    ++score->questions;
    const auto at = std::ranges::find_if(
        *found, [&](const Passage& passage) { return IsWanted(passage, one); });
    if (at == found->end()) continue;
    const auto rank = static_cast<size_t>(at - found->begin());
    score->first += rank == 0 ? 1 : 0;
    score->of_five += rank < 5 ? 1 : 0;
    ++score->of_ten;
    score->reciprocal_ranks += 1 / static_cast<double>(rank + 1);
  }
  return {};
}

void PrintScores(const std::vector<RetrievalScore>& scores) {
  PrintLine(fmt::format("{:<10}{:>11}{:>11}{:>11}{:>11}{:>8}{:>10}{:>10}", "by",
                        "questions", "recall@1", "recall@5", "recall@10", "MRR",
                        "ms, p50", "ms, p99"));
  for (const RetrievalScore& score : scores) {
    const auto percent = [&](size_t count) {
      return 100 * score.Share(static_cast<double>(count));
    };
    PrintLine(fmt::format(
        "{:<10}{:>11}{:>9.1f} %{:>9.1f} %{:>9.1f} %{:>8.3f}{:>10.2f}{:>10.2f}",
        score.name, score.questions, percent(score.first),
        percent(score.of_five), percent(score.of_ten),
        score.Share(score.reciprocal_ranks), score.Time(0.5),
        score.Time(0.99)));
  }
}

void PrintJson(const std::vector<RetrievalScore>& scores,
               const repository::IndexReport& report) {
  boost::json::array all;
  for (const RetrievalScore& score : scores) {
    const auto share = [&](size_t count) {
      return score.Share(static_cast<double>(count));
    };
    all.push_back(
        boost::json::object{{"by", score.name},
                            {"questions", score.questions},
                            {"recall_1", share(score.first)},
                            {"recall_5", share(score.of_five)},
                            {"recall_10", share(score.of_ten)},
                            {"mrr", score.Share(score.reciprocal_ranks)},
                            {"ms_p50", score.Time(0.5)},
                            {"ms_p99", score.Time(0.99)}});
  }
  PrintLine(base::JsonText(boost::json::object{{"lines", report.counts.lines},
                                               {"chunks", report.counts.chunks},
                                               {"scores", std::move(all)}}));
}

}  // namespace

int RunEvalRetrieval(const EvalRetrievalArguments& arguments) {
  const fs::path root = repository::RootOf(arguments.directory);
  const FileChoice choice(arguments.rules.files);
  const auto cases = ReadRetrievalCases(root, choice);
  if (!cases) return ReportError(cases.error());
  if (cases->empty()) {
    return ReportError(base::MakeError(
        base::ErrorCode::kInvalidArgument,
        root.string() + ": there are no functions with comments to ask for"));
  }
  const ScratchFolder folder;
  if (folder.path().empty()) {
    return ReportError(base::MakeError(base::ErrorCode::kIo,
                                       "a temporary folder cannot be made"));
  }
  Progress progress("indexing, files", 0);
  const auto report = repository::UpdateIndex(
      {.index = folder.path() / "index",
       .root = root,
       .choice = choice,
       .threads = std::max(1U, std::thread::hardware_concurrency()),
       .change =
           [&](const std::string& path, std::string text) {
             const auto found = cases->find(path);
             return found == cases->end()
                        ? text
                        : WithoutComments(found->second, std::move(text));
           },
       .on_progress = [&](size_t done, size_t) { progress.Update(done); }});
  if (!report) return ReportError(report.error());
  auto searcher = repository::Searcher::Open(folder.path() / "index");
  if (!searcher) return ReportError(searcher.error());
  const auto asked = EvenlySpread(*cases, arguments.questions);
  std::vector<RetrievalScore> scores = {{.name = "comment", .milliseconds = {}},
                                        {.name = "name", .milliseconds = {}}};
  for (const bool by_name : {false, true}) {
    const auto done =
        AskFor(asked, by_name, &*searcher, &scores[by_name ? 1 : 0]);
    if (!done) return ReportError(done.error());
  }
  if (arguments.json) {
    PrintJson(scores, *report);
  } else {
    PrintLine(fmt::format("{}: {} lines, {} passages", root.string(),
                          report->counts.lines, report->counts.chunks));
    PrintScores(scores);
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
