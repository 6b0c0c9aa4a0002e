// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/file_lookup.h"

#include <limits.h>

#include <chrono>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/completion/text/workspace_path.h"
#include "daemon/repository/ignored_file.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;

// As many as the system follows.
constexpr int kMostLinks = 40;

// The document would be unread for ever.
template <class Call>
void UntilThereIsMemory(const Call& call) {
  constexpr std::chrono::milliseconds kPause{100};
  for (;;) {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(kPause);
    }
  }
}

bool IsNotThere(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory ||
         error == std::errc::not_a_directory;
}

// Returns where `path` would be, of which the last part does not exist.
fs::path WhereItWouldBe(const fs::path& path, std::error_code* error) {
  fs::path rest;
  for (fs::path existing = path; existing.has_relative_path();
       existing = existing.parent_path()) {
    const fs::path real = fs::canonical(existing, *error);
    if (!*error) return rest.empty() ? real : real / rest;
    if (!IsNotThere(*error)) return {};
    rest = rest.empty() ? existing.filename() : existing.filename() / rest;
  }
  error->clear();
  return path;
}

void FollowLinks(fs::path path, FileFacts* facts) {
  std::error_code error;
  for (int links = 0; links < kMostLinks; ++links) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = (path.parent_path() / target).lexically_normal();
    facts->real_paths.push_back(path);
  }
  fs::path real = WhereItWouldBe(path, &error);
  if (error) {
    facts->problem = error.message();
  } else {
    facts->real_paths.push_back(std::move(real));
  }
}

}  // namespace

FileFacts LookUpFile(const fs::path& path) {
  FileFacts facts;
  // No file has a longer path, and no link can be on the way.
  if (path.native().size() >= PATH_MAX) return facts;
  FollowLinks(path, &facts);
  facts.repository = completion::RepositoryRoot(path);
  return facts;
}

FileLookup::LookUp ForSending(FileLookup::LookUp look_up) {
  return [look_up = std::move(look_up)](const fs::path& path) {
    FileFacts facts = look_up(path);
    std::vector<fs::path> names = facts.real_paths;
    names.push_back(path);
    for (const fs::path& name : names) {
      facts.ignored = facts.ignored || repository::IsIgnored(name);
    }
    return facts;
  };
}

// What threads that may be left behind need.
struct FileLookup::Shared {
  LookUp look_up;
  std::mutex mutex;
  PostToOwner post;             // guarded by mutex; null once the owner is gone
  FileLookup* owner = nullptr;  // owner's thread; null once it is gone
};

struct FileLookup::Job {
  const fs::path path;
  const OnFound on_found;
  // The owner's thread alone looks at it.
  enum class State { kWaiting, kRunning, kLate, kEnded };
  State state = State::kWaiting;
};

FileLookup::FileLookup(PostToOwner post, LookUp look_up)
    : shared_(std::make_shared<Shared>()) {
  shared_->look_up = std::move(look_up);
  shared_->post = std::move(post);
  shared_->owner = this;
}

FileLookup::~FileLookup() {
  shared_->owner = nullptr;
  const std::lock_guard lock(shared_->mutex);
  shared_->post = nullptr;
}

FileLookup::Ticket FileLookup::Find(fs::path path, OnFound on_found) {
  auto job = std::make_shared<Job>(
      Job{.path = std::move(path), .on_found = std::move(on_found)});
  waiting_.push_back(job);
  StartWaiting();
  return job;
}

void FileLookup::SetLate(const Ticket& job) {
  if (late_ == kMostLate || job->state == Job::State::kLate ||
      job->state == Job::State::kEnded) {
    return;
  }
  ++late_;
  const bool waits = job->state == Job::State::kWaiting;
  job->state = Job::State::kLate;
  if (waits) {
    std::erase(waiting_, job);
    Start(job);
  } else {
    --running_;
    StartWaiting();
  }
}

void FileLookup::StartWaiting() {
  while (!waiting_.empty() && running_ < kMostAtOnce) {
    const Ticket job = std::move(waiting_.front());
    waiting_.pop_front();
    job->state = Job::State::kRunning;
    ++running_;
    Start(job);
  }
}

void FileLookup::Start(const Ticket& job) {
  const auto look_up = [shared = shared_, job](const auto& say) {
    FileFacts facts;
    try {
      facts = shared->look_up(job->path);
    } catch (const std::exception& error) {
      facts.problem = error.what();
    }
    say(facts);
  };
  const auto say = [shared = shared_, job](const FileFacts& facts) {
    const auto post = [&] {
      const std::lock_guard lock(shared->mutex);
      if (shared->post == nullptr) return;
      shared->post([shared, job, facts] {
        if (shared->owner != nullptr) shared->owner->Ended(job, facts);
      });
    };
    UntilThereIsMemory(post);
  };
  try {
    std::thread([look_up, say] { look_up(say); }).detach();
  } catch (const std::system_error& error) {
    say(FileFacts{.problem = error.what()});
  }
}

void FileLookup::Ended(const Ticket& job, const FileFacts& facts) {
  --(job->state == Job::State::kLate ? late_ : running_);
  job->state = Job::State::kEnded;
  StartWaiting();
  job->on_found(facts);
}

}  // namespace krait::daemon
