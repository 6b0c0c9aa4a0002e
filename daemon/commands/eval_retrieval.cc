// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_retrieval.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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
#include "daemon/repository_encoder.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/eval/retrieval_cases.h"
#include "daemon/tools/eval/retrieval_score.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using repository::FileChoice;
using repository::Passage;
using repository::Ranking;

constexpr std::array kRankings = {Ranking::kWords, Ranking::kVectors,
                                  Ranking::kRanks, Ranking::kDiverse,
                                  Ranking::kBoth};

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

void PrintScores(const std::vector<RetrievalScore>& scores) {
  PrintLine(fmt::format("{:<9}{:<9}{:>10}{:>10}{:>10}{:>11}{:>8}{:>9}{:>9}",
                        "by", "ranking", "questions", "recall@1", "recall@5",
                        "recall@10", "MRR", "ms, p50", "ms, p99"));
  for (const RetrievalScore& score : scores) {
    PrintLine(fmt::format(
        "{:<9}{:<9}{:>10}{:>8.1f} %{:>8.1f} %{:>9.1f} %{:>8.3f}{:>9.2f}"
        "{:>9.2f}",
        score.by, score.ranking, score.questions, 100 * score.first,
        100 * score.of_five, 100 * score.of_ten, score.reciprocal_ranks,
        score.Time(0.5), score.Time(0.99)));
  }
}

boost::json::array ToJson(const std::vector<RetrievalScore>& scores) {
  boost::json::array all;
  for (const RetrievalScore& score : scores) {
    all.push_back(boost::json::object{{"by", score.by},
                                      {"ranking", score.ranking},
                                      {"questions", score.questions},
                                      {"recall_1", score.first},
                                      {"recall_5", score.of_five},
                                      {"recall_10", score.of_ten},
                                      {"mrr", score.reciprocal_ranks},
                                      {"ms_p50", score.Time(0.5)},
                                      {"ms_p99", score.Time(0.99)}});
  }
  return all;
}

// What was measured of a repository.
struct MeasuredRepository {
  fs::path root;
  repository::IndexReport index;
  std::vector<RetrievalScore> scores;
};

// With `cases`: as if they had no comments.
base::Result<repository::IndexReport> MakeIndex(
    const fs::path& index, const fs::path& root, const FileChoice& choice,
    const CasesByPath& cases, const repository::ChunkEncoder* encoder) {
  Progress progress("indexing, files", 0);
  return repository::UpdateIndex(
      {.index = index,
       .root = root,
       .choice = choice,
       .threads = std::max(1U, std::thread::hardware_concurrency()),
       .encoder = encoder,
       .change =
           [&](const std::string& path, std::string text) {
             const auto found = cases.find(path);
             return found == cases.end()
                        ? text
                        : WithoutComments(found->second, std::move(text));
           },
       .on_progress = [&](size_t done, size_t) { progress.Update(done); }});
}

// Asks by each way of ranking that there is.
base::Status AskAll(const fs::path& index,
                    const repository::ChunkEncoder* encoder,
                    std::string_view by,
                    const std::vector<RetrievalQuestion>& questions,
                    std::vector<RetrievalScore>* scores) {
  auto searcher = repository::Searcher::Open(index, encoder);
  if (!searcher) return searcher.error();
  for (const Ranking ranking : kRankings) {
    if (ranking != Ranking::kWords && !searcher->has_vectors()) continue;
    auto score = ScoreRetrieval(by, questions, ranking, &*searcher);
    if (!score) return score.error();
    scores->push_back(std::move(*score));
  }
  return {};
}

// The questions that somebody wrote, of the repository as it is.
base::Status AskWritten(const fs::path& root,
                        const EvalRetrievalArguments& arguments,
                        const repository::ChunkEncoder* encoder,
                        std::vector<RetrievalScore>* scores) {
  if (arguments.questions_file.empty()) return {};
  const auto text = ReadText(arguments.questions_file);
  if (!text) return text.error();
  const auto questions = ReadRetrievalQuestions(*text, arguments.questions_file,
                                                root.filename().string());
  if (!questions) return questions.error();
  if (questions->empty()) return {};
  const ScratchFolder folder;
  const fs::path index = folder.path() / "index";
  const auto report =
      MakeIndex(index, root, FileChoice(arguments.rules.files), {}, encoder);
  if (!report) return report.error();
  return AskAll(index, encoder, "question", *questions, scores);
}

base::Result<MeasuredRepository> MeasureRepository(
    const fs::path& root, const EvalRetrievalArguments& arguments,
    const repository::ChunkEncoder* encoder) {
  const FileChoice choice(arguments.rules.files);
  const auto cases = ReadRetrievalCases(root, choice);
  if (!cases) return cases.error();
  if (cases->empty()) {
    return base::MakeError(
        base::ErrorCode::kInvalidArgument,
        root.string() + ": there are no functions with comments to ask for");
  }
  const ScratchFolder folder;
  if (folder.path().empty()) {
    return base::MakeError(base::ErrorCode::kIo,
                           "a temporary folder cannot be made");
  }
  MeasuredRepository measured{.root = root, .index = {}, .scores = {}};
  const fs::path index = folder.path() / "index";
  auto report = MakeIndex(index, root, choice, *cases, encoder);
  if (!report) return report.error();
  measured.index = *report;
  const auto asked = EvenlySpread(*cases, arguments.questions);
  std::vector<RetrievalScore>* const scores = &measured.scores;
  auto done =
      AskAll(index, encoder, "comment", QuestionsByComment(asked), scores);
  if (done) {
    done = AskAll(index, encoder, "name", QuestionsByName(asked), scores);
  }
  if (done) done = AskWritten(root, arguments, encoder, scores);
  if (!done) return done.error();
  return measured;
}

void PrintMeasured(const std::vector<MeasuredRepository>& all) {
  std::vector<std::vector<RetrievalScore>> scores;
  for (const MeasuredRepository& one : all) {
    const std::chrono::duration<double> took = one.index.took;
    PrintLine(fmt::format("{}: {} lines, {} passages, {:.1f} s, {:.1f} MB",
                          one.root.string(), one.index.counts.lines,
                          one.index.counts.chunks, took.count(),
                          static_cast<double>(one.index.index_bytes) / 1e6));
    PrintScores(one.scores);
    scores.push_back(one.scores);
  }
  if (all.size() == 1) return;
  PrintLine(fmt::format("the mean of {} repositories", all.size()));
  PrintScores(MeanOf(scores));
}

void PrintMeasuredJson(const std::vector<MeasuredRepository>& all) {
  std::vector<std::vector<RetrievalScore>> scores;
  boost::json::array repositories;
  for (const MeasuredRepository& one : all) {
    repositories.push_back(
        boost::json::object{{"root", base::JsonString(one.root.string())},
                            {"lines", one.index.counts.lines},
                            {"chunks", one.index.counts.chunks},
                            {"scores", ToJson(one.scores)}});
    scores.push_back(one.scores);
  }
  PrintLine(base::JsonText(
      boost::json::object{{"repositories", std::move(repositories)},
                          {"mean", ToJson(MeanOf(scores))}}));
}

}  // namespace

int RunEvalRetrieval(const EvalRetrievalArguments& arguments) {
  const auto encoder = OpenRepositoryEncoder(arguments.embedding_model);
  if (!encoder) return ReportError(encoder.error());
  std::vector<MeasuredRepository> all;
  for (const std::string& directory : arguments.directories) {
    auto measured = MeasureRepository(repository::RootOf(directory), arguments,
                                      encoder->get());
    if (!measured) return ReportError(measured.error());
    all.push_back(std::move(*measured));
  }
  arguments.json ? PrintMeasuredJson(all) : PrintMeasured(all);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
