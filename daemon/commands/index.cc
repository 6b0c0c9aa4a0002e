// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/index.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "base/json_text.h"
#include "daemon/commands/repository_index.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/walk.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using repository::IndexReport;

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

double Megabytes(uint64_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

void PrintReport(const IndexArguments& arguments, const NamedRepository& named,
                 const IndexReport& report) {
  if (arguments.json) {
    PrintLine(base::JsonText(
        boost::json::object{{"root", named.root.string()},
                            {"index", named.index.string()},
                            {"files", report.counts.files},
                            {"left_out", report.counts.left_out},
                            {"chunks", report.counts.chunks},
                            {"lines", report.counts.lines},
                            {"text_bytes", report.counts.bytes},
                            {"index_bytes", report.index_bytes},
                            {"changed", report.changed},
                            {"unchanged", report.unchanged},
                            {"removed", report.removed},
                            {"walk_seconds", Seconds(report.walked)},
                            {"seconds", Seconds(report.took)}}));
    return;
  }
  PrintLine(fmt::format(
      "{}: {} files, {} lines, {:.1f} MB; {} passages; index of {:.1f} MB",
      named.root.string(), report.counts.files, report.counts.lines,
      Megabytes(report.counts.bytes), report.counts.chunks,
      Megabytes(report.index_bytes)));
  PrintLine(fmt::format("{} files read, {} removed, {} as they were; {:.2f} s",
                        report.changed, report.removed, report.unchanged,
                        Seconds(report.took)));
}

int Explain(const IndexArguments& arguments) {
  std::error_code error;
  const fs::path given = fs::absolute(arguments.explained, error);
  // The file's folder without links, but not the file: it may be one.
  const fs::path file =
      fs::weakly_canonical(given.parent_path(), error) / given.filename();
  const fs::path root = repository::RootOf(file.parent_path());
  const fs::path path = file.lexically_relative(root);
  const auto verdict =
      repository::Explain(root, path.generic_string(),
                          repository::FileChoice(arguments.rules.files));
  if (!verdict) return ReportError(verdict.error());
  if (arguments.json) {
    PrintLine(base::JsonText(boost::json::object{
        {"path", path.generic_string()},
        {"root", root.string()},
        {"indexed", verdict->taken()},
        {"verdict", repository::LeftOutName(verdict->left_out)},
        {"why", verdict->why}}));
  } else if (verdict->taken()) {
    PrintLine(fmt::format("{}: indexed", path.generic_string()));
  } else {
    PrintLine(fmt::format("{}: left out, as it {}", path.generic_string(),
                          verdict->why));
  }
  return FinishOutput(kExitOk);
}

int Remove(const IndexArguments& arguments, const NamedRepository& named) {
  const auto lock = repository::IndexLock::Take(named.index);
  if (!lock) return ReportError(lock.error());
  const auto removed = repository::RemoveIndex(named.index);
  if (!removed) return ReportError(removed.error());
  std::error_code none;
  fs::remove(named.index.string() + ".lock", none);
  if (arguments.json) {
    PrintLine(base::JsonText(boost::json::object{{"root", named.root.string()},
                                                 {"removed", *removed}}));
  } else {
    PrintLine(
        fmt::format("{}: {}", named.root.string(),
                    *removed ? "the index is deleted" : "there was no index"));
  }
  return FinishOutput(kExitOk);
}

}  // namespace

int RunIndex(const IndexArguments& arguments) {
  if (!arguments.explained.empty()) return Explain(arguments);
  auto named = FindRepository(arguments.directory);
  if (!named) return ReportError(named.error());
  if (arguments.remove) return Remove(arguments, *named);
  if (const auto opened = OpenEncoder(&*named); !opened) {
    return ReportError(opened.error());
  }
  const auto report =
      UpdateNamed(*named, arguments.rules.files, arguments.threads);
  if (!report) return ReportError(report.error());
  PrintReport(arguments, *named, *report);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
