// SPDX-License-Identifier: Apache-2.0
//
// Everything is looked for by the identifiers around the cursor, of which the
// nearer count more. What is found has a budget of bytes, of which each kind
// has a share: edits and similar places a third at most each.
#include "daemon/repository/context_finder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "base/code_terms.h"
#include "daemon/repository/document.h"
#include "daemon/repository/identifiers.h"
#include "daemon/repository/import_statements.h"
#include "daemon/repository/postings.h"
#include "daemon/repository/similar_places.h"
#include "daemon/repository/text_lines.h"

namespace krait::repository {
namespace {

using completion::ContextPiece;
using completion::ContextReason;

// Identifiers are looked for in so many lines around the cursor; one that is
// kHalfLines away counts half.
constexpr size_t kLinesBefore = 40;
constexpr size_t kLinesAfter = 10;
constexpr double kHalfLines = 8;
constexpr size_t kMostImports = 12;
constexpr size_t kMostBytesOfFile = 1200;
constexpr size_t kLeastBytes = 32;  // of a declaration

constexpr size_t kMostNames = 16;
// What so many files declare is nobody's in particular.
constexpr size_t kMostDeclaring = 3;

constexpr size_t kMostSimilar = 2;

constexpr double kEditedWorth = 3;
constexpr double kNamedWorth = 2;
constexpr double kImportedWorth = 0.5;
constexpr double kSimilarWorth = 1;

enum Query : size_t { kAllPaths, kDeclaring, kOutline };
constexpr std::array<std::string_view, 3> kQueries = {
    "SELECT path FROM file WHERE left_out = 0 ORDER BY path",
    "SELECT f.path, c.begin_line FROM term t JOIN chunk c ON c.id = t.rowid "
    "JOIN file f ON f.id = c.file WHERE term MATCH ? AND c.name = ? LIMIT 64",
    "SELECT hash, outline FROM file WHERE path = ?"};

std::string_view LinesAbove(std::string_view text, size_t lines) {
  size_t begin = text.size();
  for (size_t i = 0; i <= lines && begin > 0; ++i) {
    const size_t newline = text.rfind('\n', begin - 1);
    if (newline == text.npos) return text;
    begin = newline;
  }
  return text.substr(std::min(begin + 1, text.size()));
}

std::string_view LinesBelow(std::string_view text, size_t lines) {
  size_t end = 0;
  for (size_t i = 0; i < lines && end < text.size(); ++i) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return text.substr(0, end);
}

uint64_t HashOfText(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

bool IsOneWord(std::string_view name) {
  size_t terms = 0;
  base::ForEachTerm(name, [&terms](std::string_view, bool) { ++terms; });
  return terms == 1;
}

}  // namespace

struct ContextFinder::Search {
  const ContextQuestion& question;
  NearNames names;
  std::vector<ContextPiece> pieces = {};
  size_t bytes_left = 0;
  std::set<std::string, std::less<>> declared_in = {};  // files
  std::set<std::string, std::less<>> declared = {};     // names

  bool Has(std::string_view path, size_t first, size_t last) const {
    return std::ranges::any_of(pieces, [&](const ContextPiece& piece) {
      const auto lines = static_cast<size_t>(
          std::count(piece.text.begin(), piece.text.end(), '\n'));
      return piece.path == path && piece.begin_line <= last &&
             first < piece.begin_line + lines;
    });
  }
  // Nothing that is declared finds room: no file is parsed for it.
  bool IsFull() const { return bytes_left < kLeastBytes; }
  void Add(ContextPiece piece) {
    bytes_left -= std::min(bytes_left, piece.text.size());
    pieces.push_back(std::move(piece));
  }
};

ContextFinder::ContextFinder(Database database, std::filesystem::path root,
                             FileChoice choice)
    : database_(std::move(database)),
      root_(std::move(root)),
      choice_(std::move(choice)) {}

base::Result<ContextFinder> ContextFinder::Open(
    const std::filesystem::path& index, std::filesystem::path root,
    FileChoice choice) {
  auto store = IndexStore::OpenToRead(index);
  if (!store) return store.error();
  ContextFinder finder(std::move(store->database()), std::move(root),
                       std::move(choice));
  if (auto ready = finder.Prepare(); !ready) return ready.error();
  return finder;
}

base::Status ContextFinder::Prepare() {
  for (const std::string_view text : kQueries) {
    auto statement = database_.Prepare(text);
    if (!statement) return statement.error();
    statements_.push_back(std::move(*statement));
  }
  return {};
}

base::Status ContextFinder::ReadPaths() {
  const auto version = database_.Number("PRAGMA data_version");
  if (!version) return version.error();
  if (*version == paths_version_) return {};
  ImportPaths paths;
  for (Statement& all = statements_[kAllPaths];;) {
    const auto row = all.Step();
    if (!row) return row.error();
    if (!*row) break;
    paths.Add(std::string(all.Text(0)));
  }
  imports_ = std::move(paths);
  term_counts_.clear();
  paths_version_ = *version;
  return {};
}

base::Result<completion::RepositoryContext> ContextFinder::Find(
    const ContextQuestion& question) {
  if (auto read = ReadPaths(); !read) return read.error();
  Search search{.question = question,
                .names = NamesAround(question),
                .bytes_left = question.most_bytes};
  // One look at the index for all, instead of one for each term.
  if (auto begun = database_.Run("BEGIN"); !begun) return begun.error();
  auto found = FindIn(&search);
  const auto ended = database_.Run("COMMIT");
  if (found && !ended) return ended.error();
  return found;
}

base::Result<completion::RepositoryContext> ContextFinder::FindIn(
    Search* search) {
  AddEdited(search);
  if (auto added = AddSimilar(search); !added) return added.error();
  AddImported(search);
  if (auto added = AddNamed(search); !added) return added.error();
  return completion::RepositoryContext(std::move(search->pieces),
                                       root_.filename().string());
}

NearNames ContextFinder::NamesAround(const ContextQuestion& question) {
  NearNames names;
  const auto add = [&names](std::string_view line, size_t distance) {
    const double near = std::exp2(-static_cast<double>(distance) / kHalfLines);
    ForEachIdentifier(line, [&names, near](std::string_view name) {
      const auto known = names.find(name);
      if (known == names.end()) {
        names.emplace(name, near);
      } else {
        known->second = std::max(known->second, near);
      }
    });
  };
  const std::string_view before = LinesAbove(question.before, kLinesBefore);
  const TextLines above(before);
  for (size_t i = 0; i < above.size(); ++i) {
    add(above.Line(i), above.size() - 1 - i);
  }
  const std::string_view after = LinesBelow(question.after, kLinesAfter);
  const TextLines below(after);
  for (size_t i = 0; i < below.size(); ++i) add(below.Line(i), i);
  return names;
}

std::optional<ContextFinder::File> ContextFinder::Read(
    const std::string& path) const {
  // What is no text of its own cannot be shown as code.
  if (IsDocument(path)) return std::nullopt;
  if (!choice_.ByName(root_.string(), path).taken()) return std::nullopt;
  File file{.path = path};
  auto text = ReadFile(root_ / path, FileChoice::kMaxBytes, &file.stamp);
  if (!text) return std::nullopt;
  file.text = std::make_shared<const std::string>(std::move(*text));
  return file;
}

// Looking for secrets takes a millisecond in a large file.
bool ContextFinder::MayShow(const File& file) {
  constexpr size_t kMostJudged = 4096;
  const auto known = judged_.find(file.path);
  // A file that was written within the clock's tick is looked at again.
  if (known != judged_.end() && known->second.stamp == file.stamp &&
      known->second.hash == HashOfText(*file.text)) {
    return known->second.taken;
  }
  if (judged_.size() >= kMostJudged) judged_.clear();
  const bool taken = choice_.ByText(file.path, *file.text).taken();
  judged_[file.path] = {
      .stamp = file.stamp, .hash = HashOfText(*file.text), .taken = taken};
  return taken;
}

// Edits -----------------------------------------------------------------------

void ContextFinder::AddEdited(Search* search) const {
  size_t share = search->question.most_bytes / 3;
  for (const ContextPiece& edit : search->question.edited) {
    const bool taken = edit.path != search->question.path &&
                       choice_.ByName(root_.string(), edit.path).taken() &&
                       choice_.ByText(edit.path, edit.text).taken();
    if (!taken || edit.text.size() > share) continue;
    share -= edit.text.size();
    ContextPiece piece = edit;
    piece.reason = ContextReason::kEdited;
    piece.worth = kEditedWorth;
    search->Add(std::move(piece));
  }
}

// Declarations ----------------------------------------------------------------

const std::vector<std::string>& ContextFinder::ModulesOf(
    const ContextQuestion& question) {
  constexpr size_t kMostFiles = 64;
  const std::string_view statements = ImportStatements(question.before);
  const std::string path(question.path);
  if (imported_.size() >= kMostFiles && !imported_.contains(path)) {
    imported_.clear();
  }
  Imported& imported = imported_[path];
  if (imported.statements != statements) {
    imported = {.statements = std::string(statements),
                .modules = ReadImports(path, question.language, statements)};
  }
  return imported.modules;
}

const Outline* ContextFinder::OutlineOfFile(const std::string& path) {
  if (!choice_.ByName(root_.string(), path).taken()) return nullptr;
  struct stat status {};
  if (lstat((root_ / path).c_str(), &status) != 0) return nullptr;
  if (const Outline* const known = outlines_.Find(path, StampOf(status))) {
    return known;
  }
  const auto file = Read(path);
  if (!file || !MayShow(*file)) return nullptr;
  return &outlines_.Keep(path, file->stamp, OutlineOfText(*file));
}

// The index has parsed it, if it is as it was then.
Outline ContextFinder::OutlineOfText(const File& file) {
  Statement& known = statements_[kOutline];
  const auto row = known.Bind(1, file.path).Step();
  const bool same =
      row && *row &&
      static_cast<uint64_t>(known.Integer(0)) == HashOfText(*file.text);
  Outline outline = same ? UnpackOutline(known.Blob(1), *file.text)
                         : OutlineOf(file.path, file.text);
  known.Reset();
  return outline;
}

void ContextFinder::AddImported(Search* search) {
  const std::string path(search->question.path);
  std::vector<std::string> files;
  for (const std::string& module : ModulesOf(search->question)) {
    for (std::string& file :
         imports_.Find(module, path, search->question.language)) {
      if (file == path || files.size() == kMostImports) continue;
      if (std::ranges::find(files, file) == files.end()) {
        files.push_back(std::move(file));
      }
    }
  }
  // First what is named here of all of them, then what else they have.
  std::vector<std::pair<std::string, const Outline*>> others;
  for (const std::string& file : files) {
    if (search->IsFull()) break;
    const Outline* const outline = OutlineOfFile(file);
    if (outline == nullptr) continue;
    if (!AddDeclared(file, *outline, kNamedWorth, /*named_only=*/true,
                     search)) {
      others.emplace_back(file, outline);
    }
  }
  for (const auto& [file, outline] : others) {
    AddDeclared(file, *outline, kImportedWorth, /*named_only=*/false, search);
  }
}

bool ContextFinder::AddDeclared(const std::string& path, const Outline& outline,
                                double worth, bool named_only, Search* search) {
  if (search->declared_in.contains(path)) return false;
  std::set<size_t> shown;
  size_t bytes = 0;
  double nearest = 0;
  const size_t most = std::min(kMostBytesOfFile, search->bytes_left);
  for (size_t i = 0; i < outline.size(); ++i) {
    const auto named = search->names.find(outline[i].name);
    if (named_only && named == search->names.end()) continue;
    std::vector<size_t> lines;
    for (size_t at = i; at != OutlineEntry::kNone; at = outline[at].container) {
      if (!shown.contains(at)) lines.push_back(at);
    }
    size_t more = 0;
    for (const size_t at : lines) more += outline[at].text.size();
    if (bytes + more > most) continue;
    bytes += more;
    shown.insert(lines.begin(), lines.end());
    if (named != search->names.end()) {
      nearest = std::max(nearest, named->second);
      search->declared.insert(outline[i].name);
    }
  }
  if (shown.empty()) return false;
  ContextPiece piece{.path = path,
                     .begin_line = outline[*shown.begin()].line,
                     .reason = ContextReason::kDeclared,
                     .worth = worth + nearest};
  for (const size_t at : shown) piece.text += outline[at].text;
  search->declared_in.insert(path);
  search->Add(std::move(piece));
  return true;
}

base::Status ContextFinder::AddNamed(Search* search) {
  std::vector<std::pair<double, std::string_view>> nearest;
  for (const auto& [name, near] : search->names) {
    if (!search->declared.contains(name)) nearest.emplace_back(-near, name);
  }
  std::ranges::sort(nearest);
  if (nearest.size() > kMostNames) nearest.resize(kMostNames);
  Statement& declaring = statements_[kDeclaring];
  for (const auto& [near, name] : nearest) {
    if (search->IsFull()) break;
    const std::string term = TermOf(name);
    if (term.empty()) continue;
    const std::string match = fmt::format(
        "\"{}\"",
        MarkedTerm(term, IsOneWord(name) ? TermMark::kWhole : TermMark::kName));
    std::set<std::string> files;
    declaring.Bind(1, match).Bind(2, name);
    for (;;) {
      const auto row = declaring.Step();
      if (!row) return row.error();
      if (!*row) break;
      files.emplace(declaring.Text(0));
    }
    // Its own declaration is in sight, or is quickly found.
    if (files.contains(std::string(search->question.path))) continue;
    if (files.size() > kMostDeclaring) continue;
    for (const std::string& file : files) {
      if (search->IsFull() || search->declared_in.contains(file)) continue;
      const Outline* const outline = OutlineOfFile(file);
      if (outline == nullptr) continue;
      AddDeclared(file, *outline,
                  kNamedWorth / static_cast<double>(files.size()),
                  /*named_only=*/true, search);
    }
  }
  return {};
}

// Similar places --------------------------------------------------------------

base::Status ContextFinder::AddSimilar(Search* search) {
  constexpr size_t kMostCounts = 100'000;
  if (term_counts_.size() > kMostCounts) term_counts_.clear();
  SimilarPlaces similar(&database_, &term_counts_);
  const auto words = similar.RareWords(search->names);
  if (!words) return words.error();
  const auto places = similar.Find(*words);
  if (!places) return places.error();
  size_t share = search->question.most_bytes / 3;
  size_t added = 0;
  for (const SimilarPlace& place : *places) {
    if (added == kMostSimilar) break;
    if (place.path == search->question.path) continue;
    if (search->Has(place.path, place.begin_line, place.end_line)) continue;
    const auto file = Read(place.path);
    if (!file) continue;
    auto lines = MostSimilarLines(*file->text, place, *words);
    if (!lines || lines->text.size() > share || !MayShow(*file)) continue;
    share -= lines->text.size();
    search->Add({.path = place.path,
                 .text = std::move(lines->text),
                 .begin_line = lines->begin_line,
                 .reason = ContextReason::kSimilar,
                 .worth = kSimilarWorth + lines->counts / (1 + lines->counts)});
    ++added;
  }
  return {};
}

}  // namespace krait::repository
