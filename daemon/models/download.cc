// SPDX-License-Identifier: Apache-2.0
//
// A file is fetched in attempts. Each goes on at the byte at which the one
// before ended, also if that was in a process that was killed, and asks for the
// address anew: those of content networks expire. Who answers is not trusted:
// the length is bounded by what was announced before, the first bytes must be
// those of a model and not of a page, and in the end the hash decides. A hash
// that is wrong after an earlier run's bytes may be that run's fault, so that
// all of it is fetched once more.
#include "daemon/models/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "base/private_files.h"
#include "daemon/models/partial_file.h"
#include "daemon/models/size_text.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

constexpr int kMaxAttempts = 1000;  // of a server that sends a byte each time
constexpr std::string_view kGgufMagic = "GGUF";

// The tag of what a server sent, by which it tells whether that is still it.
// Needed where no hash says so.
class Validator {
 public:
  explicit Validator(const fs::path& partial)
      : path_(partial.string() + ".etag") {}

  std::string Read() const {
    std::ifstream stream(path_);
    std::string tag;
    constexpr size_t kLongest = 512;
    if (!std::getline(stream, tag) || tag.size() > kLongest ||
        !tag.starts_with('"') || !tag.ends_with('"')) {
      return {};
    }
    return tag;
  }
  void Write(std::string_view tag) const {
    // Without one, the next run begins anew.
    if (!tag.starts_with('"')) return Remove();
    (void)base::WritePrivateFile(path_, tag);
  }
  void Remove() const { (void)unlink(path_.c_str()); }

 private:
  const fs::path path_;
};

class DownloadRun {
 public:
  DownloadRun(const WantedFile& wanted, HttpClient& client,
              const OnDownloadProgress& on_progress, PartialFile file)
      : wanted_(wanted),
        client_(client),
        on_progress_(on_progress),
        file_(std::move(file)),
        validator_(wanted.partial),
        resumed_(file_.bytes() > 0),
        bytes_(wanted.bytes) {}

  base::Status Run();

 private:
  // What to do after an attempt that failed.
  enum class Next : uint8_t { kTryAgain, kStartOver, kGiveUp };

  base::Status Prepare();
  base::Status StartOver();
  base::Status Attempt();
  base::Status OnHead(const HttpHead& head);
  base::Status OnWhole(const HttpHead& head);
  base::Status OnRest(const HttpHead& head);
  base::Status OnLength(uint64_t total);
  base::Status OnBody(std::string_view part);
  base::Status CheckBegin(std::string_view part);
  base::Status CheckEnd();
  base::Error Refusal(const HttpHead& head);
  base::Error Fail(Next next, std::string_view what) {
    next_ = next;
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: {}", wanted_.name, what));
  }
  bool HasName() const {
    return wanted_.content.kind != ContentName::Kind::kUnknown;
  }
  void Tell() {
    if (on_progress_) on_progress_({wanted_.name, file_.bytes(), bytes_});
  }

  const WantedFile& wanted_;
  HttpClient& client_;
  const OnDownloadProgress& on_progress_;
  PartialFile file_;
  const Validator validator_;
  bool resumed_;             // some of what is there is from before this run
  bool from_start_ = false;  // it has been started over
  std::optional<uint64_t> bytes_;
  ContentHash hash_{ContentName::Kind::kUnknown, 0};
  Next next_ = Next::kTryAgain;
  HttpHead head_;  // of the last answer
};

base::Status DownloadRun::StartOver() {
  resumed_ = false;
  bytes_ = wanted_.bytes;
  validator_.Remove();
  hash_ = ContentHash(wanted_.content.kind, bytes_.value_or(0));
  return file_.Clear();
}

// Keeps what an earlier run has fetched if the rest can be appended to it, else
// starts over.
base::Status DownloadRun::Prepare() {
  const bool usable = HasName() || !validator_.Read().empty();
  if (!usable || (bytes_ && file_.bytes() > *bytes_)) return StartOver();
  hash_ = ContentHash(wanted_.content.kind, bytes_.value_or(0));
  if (bytes_) {
    auto room =
        CheckDiskSpace(wanted_.target.parent_path(), *bytes_ - file_.bytes());
    if (!room) return room;
  }
  Tell();
  return file_.Read([this](std::string_view part) { hash_.Update(part); });
}

base::Status DownloadRun::Run() {
  if (auto prepared = Prepare(); !prepared) return prepared;
  int failures = 0;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const uint64_t before = file_.bytes();
    auto done = Attempt();
    if (done) {
      validator_.Remove();
      return file_.MoveTo(wanted_.target);
    }
    if (next_ == Next::kStartOver && !std::exchange(from_start_, true)) {
      if (auto cleared = StartOver(); !cleared) return cleared;
      continue;
    }
    if (next_ != Next::kTryAgain) return done;
    failures = file_.bytes() > before ? 0 : failures + 1;
    if (failures >= client_.retries().attempts) {
      const std::string kept =
          file_.bytes() == 0
              ? ""
              : fmt::format(
                    "; the {} that have come are kept, and the same "
                    "command goes on from there",
                    SizeText(file_.bytes()));
      return MakeError(done.error().code,
                       fmt::format("{} ({} attempts{})", done.error().message,
                                   failures, kept));
    }
    client_.retries().sleep(
        client_.retries().Pause(std::max(failures, 1), head_));
  }
  return Fail(Next::kGiveUp, "the connection ends again and again");
}

base::Status DownloadRun::Attempt() {
  next_ = Next::kTryAgain;
  head_ = {};
  if (!bytes_ || file_.bytes() != *bytes_) {
    std::vector<std::string> headers = {"Accept-Encoding: identity"};
    if (file_.bytes() > 0) {
      headers.push_back(fmt::format("Range: bytes={}-", file_.bytes()));
      if (!HasName()) headers.push_back("If-Range: " + validator_.Read());
    }
    auto got = client_.Get(
        wanted_.url, headers,
        {.head = [this](const HttpHead& head) { return OnHead(head); },
         .body = [this](std::string_view part) { return OnBody(part); }});
    if (!got) {
      // No answer, and not the network's fault: where it leads to.
      if (head_.status == 0 && got.error().code != ErrorCode::kIo) {
        next_ = Next::kGiveUp;
      }
      return got;
    }
  }
  return CheckEnd();
}

base::Error DownloadRun::Refusal(const HttpHead& head) {
  // A signed address that has expired; the next attempt gets another.
  const bool elsewhere = head.url.Origin() != wanted_.url.Origin();
  const bool again = IsTransient(head) || (elsewhere && head.status == 403);
  std::string what =
      fmt::format("{} answers {}", head.url.WithoutQuery(), head.status);
  if (const auto said = head.Find("x-error-message"); !said.empty()) {
    constexpr size_t kShown = 300;
    what += fmt::format(" ({})", said.substr(0, kShown));
  }
  if (again) {
    if (elsewhere) what += ": the link has expired";
  } else if (!wanted_.help.empty() && head.status < 500) {
    what += ": " + wanted_.help;
  }
  return Fail(again ? Next::kTryAgain : Next::kGiveUp, what);
}

base::Status DownloadRun::OnHead(const HttpHead& head) {
  head_ = head;
  if (head.status == 416 && file_.bytes() > 0) {
    return Fail(Next::kStartOver,
                fmt::format("{} has no byte {}", head.url.WithoutQuery(),
                            file_.bytes()));
  }
  if (head.status != 200 && head.status != 206) return Refusal(head);
  if (head.Find("content-type").starts_with("text/html")) {
    return Fail(Next::kGiveUp,
                fmt::format("{} sends a web page instead of a file: a proxy's, "
                            "or one for logging in",
                            head.url.WithoutQuery()));
  }
  if (const auto coding = head.Find("content-encoding");
      !coding.empty() && coding != "identity") {
    return Fail(Next::kGiveUp,
                fmt::format("sent as {}, expected plain bytes", coding));
  }
  return head.status == 206 ? OnRest(head) : OnWhole(head);
}

base::Status DownloadRun::OnWhole(const HttpHead& head) {
  if (file_.bytes() > 0) {  // it does not give parts
    if (auto cleared = StartOver(); !cleared) return cleared;
  }
  if (!HasName()) validator_.Write(head.Find("etag"));
  if (const auto length = head.ContentLength()) return OnLength(*length);
  if (bytes_ || HasName()) return {};
  return Fail(
      Next::kGiveUp,
      fmt::format("{} does not say how long the file is, so that nobody "
                  "could tell whether all of it came: give --sha256",
                  head.url.WithoutQuery()));
}

base::Status DownloadRun::OnRest(const HttpHead& head) {
  const auto range = ParseContentRange(head.Find("content-range"));
  if (!range || range->begin != file_.bytes()) {
    return Fail(Next::kStartOver,
                fmt::format("asked for what begins at byte {}, and got \"{}\"",
                            file_.bytes(), head.Find("content-range")));
  }
  return range->total ? OnLength(*range->total) : base::Status();
}

base::Status DownloadRun::OnLength(uint64_t total) {
  if (bytes_ && total != *bytes_) {
    return Fail(resumed_ ? Next::kStartOver : Next::kGiveUp,
                fmt::format("expected {} bytes, but the server has {}", *bytes_,
                            total));
  }
  if (total > kMaxModelBytes) {
    return Fail(Next::kGiveUp, SizeText(total) + " is no model");
  }
  if (!bytes_ && wanted_.on_length) {
    if (auto approved = wanted_.on_length(total); !approved) {
      next_ = Next::kGiveUp;
      return approved;
    }
  }
  bytes_ = total;
  auto room = CheckDiskSpace(wanted_.target.parent_path(),
                             total - std::min(total, file_.bytes()));
  if (!room) next_ = Next::kGiveUp;
  return room;
}

base::Status DownloadRun::OnBody(std::string_view part) {
  if (file_.bytes() == 0) {
    if (auto begin = CheckBegin(part); !begin) return begin;
  }
  if (part.size() > bytes_.value_or(kMaxModelBytes) - file_.bytes()) {
    return Fail(resumed_ ? Next::kStartOver : Next::kGiveUp,
                fmt::format("more comes than the {} bytes that were announced",
                            bytes_.value_or(kMaxModelBytes)));
  }
  if (auto written = file_.Append(part); !written) {
    next_ = Next::kGiveUp;
    return written;
  }
  hash_.Update(part);
  Tell();
  return {};
}

base::Status DownloadRun::CheckBegin(std::string_view part) {
  const bool gguf = wanted_.name.ends_with(".gguf");
  const std::string_view begin = part.substr(0, kGgufMagic.size());
  if (!gguf || begin == kGgufMagic.substr(0, begin.size())) return {};
  const bool page = begin.starts_with('<');
  return Fail(Next::kGiveUp,
              page ? "a web page comes instead of a model: the address is that "
                     "of a page, or a proxy's answer"
                   : "what comes is no GGUF file");
}

base::Status DownloadRun::CheckEnd() {
  if (bytes_ && file_.bytes() != *bytes_) {
    return Fail(Next::kTryAgain,
                fmt::format("the connection ended after {} of {} bytes",
                            file_.bytes(), *bytes_));
  }
  if (!HasName()) return {};
  const std::string hex = hash_.Hex();
  if (hex == wanted_.content.hex) return {};
  auto wrong = Fail(
      resumed_ ? Next::kStartOver : Next::kGiveUp,
      fmt::format("expected the hash {}, but what came from {} has {}; nothing "
                  "of it is kept",
                  wanted_.content.hex, wanted_.url.WithoutQuery(), hex));
  if (next_ == Next::kGiveUp) file_.Remove();
  return wrong;
}

}  // namespace

base::Status Download(const WantedFile& wanted, HttpClient& client,
                      const OnDownloadProgress& on_progress) {
  base::FileDescriptor lock;
  if (!wanted.lock.empty()) {
    auto locked = LockFile(wanted.lock);
    if (!locked) return locked.error();
    lock = std::move(*locked);
  }
  auto file = PartialFile::Open(wanted.partial);
  if (!file) return file.error();
  return DownloadRun(wanted, client, on_progress, std::move(*file)).Run();
}

base::Status CheckContent(const fs::path& path, const ContentName& content,
                          const OnDownloadProgress& on_progress) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  std::ifstream stream(path, std::ios::binary);
  if (error || !stream) {
    return MakeError(ErrorCode::kIo, path.string() + ": cannot be read");
  }
  ContentHash hash(content.kind, bytes);
  std::vector<char> buffer(size_t{1} << 20);
  uint64_t done = 0;
  while (
      stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())),
      stream.gcount() > 0) {
    const auto got = static_cast<size_t>(stream.gcount());
    hash.Update({buffer.data(), got});
    done += got;
    if (on_progress) on_progress({path.filename().string(), done, bytes});
  }
  const std::string hex = hash.Hex();
  if (hex == content.hex) return {};
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: expected the hash {}, found {}",
                               path.string(), content.hex, hex));
}

}  // namespace krait::models
