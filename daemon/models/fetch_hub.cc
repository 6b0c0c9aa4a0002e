// SPDX-License-Identifier: Apache-2.0
//
// A revision is made a commit, and the commit's list of files says of each how
// long it is and what its hash is, before anything of it is fetched. So a file
// that any program has under its hash need not be fetched, and what a server
// sends can be checked while it is written.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "daemon/models/fetch.h"
#include "daemon/models/hub_cache.h"
#include "daemon/models/hub_repository.h"
#include "daemon/models/pick_files.h"
#include "daemon/models/stored_models.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

base::Error NotHereOffline(const HubSource& source) {
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("hf:{}: not on this machine, and offline (HF_HUB_OFFLINE or "
                  "--offline)",
                  source.repo));
}

// Where the network failed, what is here is better than nothing.
base::Result<FetchedModel> WhatIsHere(const HubSource& source,
                                      const base::Error& why,
                                      const FetchContext& context) {
  auto path = FindStored(source, context.stores);
  if (why.code != ErrorCode::kIo || !path) return why;
  if (context.note) {
    context.note(
        fmt::format("the hub could not be asked ({}); this is what it "
                    "was when it last was",
                    why.message));
  }
  return FetchedModel{.path = std::move(*path), .was_here = true};
}

struct Resolved {
  std::string commit;
  PickedFiles picked;
};

base::Result<Resolved> Resolve(const HubRepository& repository,
                               const HubSource& source) {
  auto commit = repository.Commit(source.revision);
  if (!commit) return commit.error();
  const auto files = repository.Files(*commit);
  if (!files) return files.error();
  auto picked = PickFiles(*files, source);
  if (!picked) return picked.error();
  return Resolved{std::move(*commit), std::move(*picked)};
}

bool IsWhole(const fs::path& path, uint64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) &&
         fs::file_size(path, error) == bytes && !error;
}

class HubFetch {
 public:
  HubFetch(const HubSource& source, const std::string& sha256,
           const FetchContext& context)
      : source_(source),
        sha256_(sha256),
        context_(context),
        cache_(context.stores.hub),
        repository_(context.client, context.hub.endpoint, source.repo) {}

  base::Result<FetchedModel> Run();

 private:
  std::optional<fs::path> FindElsewhere(const Resolved& resolved) const;
  base::Result<bool> FetchFile(const std::string& commit, const HubFile& file);

  base::Status CheckExpected(const Resolved& resolved) const;

  const HubSource& source_;
  const std::string& sha256_;
  const FetchContext& context_;
  const HubCache cache_;
  const HubRepository repository_;
};

// Another program's copy of a model that is one file. Hashed, unless its name
// is the hash.
std::optional<fs::path> HubFetch::FindElsewhere(
    const Resolved& resolved) const {
  if (resolved.picked.files.size() != 1) return std::nullopt;
  const HubFile& file = resolved.picked.files.front();
  if (IsWhole(cache_.Blob(source_.repo, file.etag()), file.bytes)) {
    return std::nullopt;
  }
  for (fs::path& path : OtherCopies(source_.repo, file, context_.stores)) {
    const bool named = path.filename() == "sha256-" + file.content.hex ||
                       path.filename() == file.etag();
    if (named || CheckContent(path, file.content, context_.on_progress)) {
      return std::move(path);
    }
  }
  return std::nullopt;
}

// Returns whether it had to be fetched.
base::Result<bool> HubFetch::FetchFile(const std::string& commit,
                                       const HubFile& file) {
  const fs::path blob = cache_.Blob(source_.repo, file.etag());
  const bool here = IsWhole(blob, file.bytes);
  if (!here) {
    const auto done =
        Download({.url = repository_.FileUrl(commit, file.path),
                  .name = file.path,
                  .target = blob,
                  .partial = cache_.Partial(source_.repo, file.etag()),
                  .lock = cache_.Lock(source_.repo, file.etag()),
                  .bytes = file.bytes,
                  .content = file.content,
                  .help = repository_.Help()},
                 context_.client, context_.on_progress);
    if (!done) return done.error();
  }
  const auto linked = cache_.LinkFile(source_.repo, commit, file);
  if (!linked) return linked.error();
  return !here;
}

base::Status HubFetch::CheckExpected(const Resolved& resolved) const {
  if (sha256_.empty()) return {};
  const HubFile& file = resolved.picked.files.front();
  if (resolved.picked.files.size() == 1 && file.content.hex == sha256_) {
    return {};
  }
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("hf:{}: expected one file with the SHA-256 {}, but {} has {}",
                  source_.repo, sha256_, file.path, file.content.hex));
}

base::Result<FetchedModel> HubFetch::Run() {
  const auto resolved = Resolve(repository_, source_);
  if (!resolved) return WhatIsHere(source_, resolved.error(), context_);
  if (auto expected = CheckExpected(*resolved); !expected) {
    return expected.error();
  }
  if (context_.approve) {
    const auto approved =
        context_.approve({.name = "hf:" + source_.repo,
                          .model_bytes = resolved->picked.Bytes()});
    if (!approved) return approved.error();
  }
  if (auto path = FindElsewhere(*resolved)) {
    return FetchedModel{.path = std::move(*path), .was_here = true};
  }
  bool was_here = true;
  for (const HubFile& file : resolved->picked.files) {
    const auto fetched = FetchFile(resolved->commit, file);
    if (!fetched) return fetched.error();
    was_here &= !*fetched;
  }
  const auto noted =
      cache_.WriteRef(source_.repo, source_.revision, resolved->commit);
  if (!noted) return noted.error();
  const fs::path folder = cache_.Snapshot(source_.repo, resolved->commit);
  const std::string& opened_by = resolved->picked.opened_by;
  return FetchedModel{.path = opened_by.empty() ? folder : folder / opened_by,
                      .was_here = was_here};
}

}  // namespace

base::Result<FetchedModel> FetchFromHub(const HubSource& source,
                                        const std::string& sha256,
                                        const FetchContext& context) {
  if (context.hub.offline) {
    auto path = FindStored(source, context.stores);
    if (!path) return NotHereOffline(source);
    return FetchedModel{.path = std::move(*path), .was_here = true};
  }
  if (context.stores.hub.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "no folder for models: set HOME or HF_HUB_CACHE");
  }
  return HubFetch(source, sha256, context).Run();
}

base::Result<std::vector<FileAddress>> AddressesAtHub(
    const HubSource& source, const FetchContext& context) {
  if (context.hub.offline) return NotHereOffline(source);
  const HubRepository repository(context.client, context.hub.endpoint,
                                 source.repo);
  const auto resolved = Resolve(repository, source);
  if (!resolved) return resolved.error();
  std::vector<FileAddress> addresses;
  for (const HubFile& file : resolved->picked.files) {
    addresses.push_back(
        {.url = repository.FileUrl(resolved->commit, file.path).Text(),
         .path = file.path,
         .bytes = file.bytes,
         .content = file.content});
  }
  return addresses;
}

}  // namespace krait::models
