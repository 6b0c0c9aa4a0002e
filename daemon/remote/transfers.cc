// SPDX-License-Identifier: Apache-2.0
//
// The thread sleeps in curl_multi_poll, until something comes on a socket, the
// next deadline, or a wake-up by whoever has added or cancelled something.
// Deadlines are kept here: libcurl's own are whole seconds, and know of no
// first byte.
#include "daemon/remote/transfers.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "daemon/models/curl_library.h"

namespace krait::remote {
// One request, from when it was asked for to its end. Libcurl calls it back
// with its address.
struct RunningTransfer {
  uint64_t id = 0;
  TransferRequest request;
  TransferEvents events;
  TransferredBytes* bytes = nullptr;

  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  std::string url;
  std::array<char, CURL_ERROR_SIZE> detail{};
  models::HttpHead head;
  bool head_told = false;
  bool any = false;     // of the body
  bool enough = false;  // nobody wants more
  Clock::time_point begin = {};
  Clock::time_point last = {};

  Clock::time_point Deadline() const {
    const auto next =
        any ? last + request.next_wait : begin + request.first_wait;
    return std::min(next, begin + request.whole_wait);
  }
};

namespace {

using base::ErrorCode;
using base::MakeError;
using models::CurlLibrary;

// More wait for the others.
constexpr long kMostConnections = 8;
constexpr std::chrono::milliseconds kConnectWait{5000};
constexpr std::chrono::milliseconds kLongestSleep{60'000};

void TellHead(RunningTransfer* transfer) {
  if (std::exchange(transfer->head_told, true)) return;
  transfer->events.head(transfer->head);
}

size_t OnHeader(char* data, size_t, size_t count, void* userdata) {
  models::AddHeadLine({data, count},
                      &static_cast<RunningTransfer*>(userdata)->head);
  return count;
}

size_t OnBody(char* data, size_t, size_t count, void* userdata) {
  auto* transfer = static_cast<RunningTransfer*>(userdata);
  TellHead(transfer);
  transfer->any = true;
  transfer->last = Clock::now();
  if (transfer->events.body({data, count})) return count;
  transfer->enough = true;
  return 0;
}

// Counts what goes over the wire, below HTTP's chunks and above TLS. Never
// looks at it: the key is in there.
int OnTraffic(CURL*, curl_infotype type, char*, size_t count, void* userdata) {
  auto* bytes = static_cast<TransferredBytes*>(userdata);
  if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
    bytes->sent += count;
  } else if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) {
    bytes->received += count;
  }
  return 0;
}

}  // namespace

class Transfers::Loop {
 public:
  Loop(const CurlLibrary& curl, CURLM* multi) : curl_(curl), multi_(multi) {
    (void)curl_.multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                             kMostConnections);
    thread_ = std::thread([this] { Run(); });
  }
  ~Loop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    (void)curl_.multi_wakeup(multi_);
    thread_.join();
    (void)curl_.multi_cleanup(multi_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uint64_t Start(std::unique_ptr<RunningTransfer> transfer) {
    uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      id = transfer->id = next_++;
      added_.push_back(std::move(transfer));
    }
    (void)curl_.multi_wakeup(multi_);
    return id;
  }
  void Cancel(uint64_t id) {
    {
      const std::lock_guard lock(mutex_);
      cancelled_.push_back(id);
    }
    (void)curl_.multi_wakeup(multi_);
  }

 private:
  void Run();
  bool TakeCommands();
  void BeginDue();
  bool Begin(RunningTransfer* transfer);
  void SetOptions(RunningTransfer* transfer);
  void EndDone();
  void EndLate();
  void Drop(uint64_t id);
  void Close(RunningTransfer* transfer);
  void End(uint64_t id, const base::Status& status);
  int SleepFor() const;
  base::Status StatusOf(const RunningTransfer& transfer, CURLcode code) const;

  template <class Value>
  void Set(RunningTransfer* transfer, CURLoption option, Value value) {
    (void)curl_.easy_setopt(transfer->handle, option, value);
  }

  const CurlLibrary& curl_;
  CURLM* const multi_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RunningTransfer>> added_;  // guarded by mutex_
  std::vector<uint64_t> cancelled_;                      // guarded by mutex_
  bool stopped_ = false;                                 // guarded by mutex_
  uint64_t next_ = 1;                                    // guarded by mutex_
  // On the thread only. A transfer without a handle has not begun.
  std::map<uint64_t, std::unique_ptr<RunningTransfer>> all_;
  std::thread thread_;  // last: it uses all of the above
};

void Transfers::Loop::Run() {
  // What is written to a connection that has ended is an error, no signal.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (TakeCommands()) {
    BeginDue();
    int running = 0;
    (void)curl_.multi_perform(multi_, &running);
    EndDone();
    EndLate();
    (void)curl_.multi_poll(multi_, nullptr, 0, SleepFor(), nullptr);
  }
  for (auto& [id, transfer] : all_) Close(transfer.get());
  all_.clear();
}

// Returns false once it is to stop.
bool Transfers::Loop::TakeCommands() {
  std::vector<uint64_t> cancelled;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    for (auto& transfer : std::exchange(added_, {})) {
      const uint64_t id = transfer->id;
      all_[id] = std::move(transfer);
    }
    cancelled = std::exchange(cancelled_, {});
  }
  for (const uint64_t id : cancelled) Drop(id);
  return true;
}

void Transfers::Loop::BeginDue() {
  const auto now = Clock::now();
  std::vector<uint64_t> failed;
  for (auto& [id, transfer] : all_) {
    if (transfer->handle != nullptr || now < transfer->request.not_before) {
      continue;
    }
    if (!Begin(transfer.get())) failed.push_back(id);
  }
  for (const uint64_t id : failed) {
    End(id, MakeError(ErrorCode::kInternal, "libcurl could not begin"));
  }
}

bool Transfers::Loop::Begin(RunningTransfer* transfer) {
  transfer->handle = curl_.easy_init();
  if (transfer->handle == nullptr) return false;
  transfer->begin = transfer->last = Clock::now();
  SetOptions(transfer);
  return curl_.multi_add_handle(multi_, transfer->handle) == CURLM_OK;
}

void Transfers::Loop::SetOptions(RunningTransfer* transfer) {
  const TransferRequest& request = transfer->request;
  transfer->url = request.url.Text();
  Set(transfer, CURLOPT_PRIVATE, transfer);
  Set(transfer, CURLOPT_URL, transfer->url.c_str());
  Set(transfer, CURLOPT_ERRORBUFFER, transfer->detail.data());
  Set(transfer, CURLOPT_HEADERFUNCTION, OnHeader);
  Set(transfer, CURLOPT_HEADERDATA, transfer);
  Set(transfer, CURLOPT_WRITEFUNCTION, OnBody);
  Set(transfer, CURLOPT_WRITEDATA, transfer);
  Set(transfer, CURLOPT_VERBOSE, 1L);  // for OnTraffic
  Set(transfer, CURLOPT_DEBUGFUNCTION, OnTraffic);
  Set(transfer, CURLOPT_DEBUGDATA, transfer->bytes);
  Set(transfer, CURLOPT_NOSIGNAL, 1L);
  Set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
  Set(transfer, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(transfer, CURLOPT_USERAGENT, "krait/" KRAIT_VERSION);
  Set(transfer, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(kConnectWait.count()));
#if LIBCURL_VERSION_NUM >= 0x075700
  // A name that is still being looked up is not waited for.
  Set(transfer, CURLOPT_QUICK_EXIT, 1L);
#endif
  if (!request.use_proxy) Set(transfer, CURLOPT_NOPROXY, "*");
  for (const char* name : {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file != nullptr && *file != '\0') Set(transfer, CURLOPT_CAINFO, file);
  }
  if (request.body) {
    Set(transfer, CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.body->size()));
    Set(transfer, CURLOPT_POSTFIELDS, request.body->data());
    // Else a large body waits for an answer that many servers never give.
    transfer->headers = curl_.slist_append(transfer->headers, "Expect:");
  }
  for (const std::string& header : request.headers) {
    transfer->headers = curl_.slist_append(transfer->headers, header.c_str());
  }
  Set(transfer, CURLOPT_HTTPHEADER, transfer->headers);
}

void Transfers::Loop::EndDone() {
  std::vector<std::pair<RunningTransfer*, CURLcode>> done;
  int left = 0;
  while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    RunningTransfer* transfer = nullptr;
    (void)curl_.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    done.emplace_back(transfer, message->data.result);
  }
  for (const auto& [transfer, code] : done) {
    const base::Status status = StatusOf(*transfer, code);
    if (status) TellHead(transfer);  // an answer without a body
    End(transfer->id, status);
  }
}

base::Status Transfers::Loop::StatusOf(const RunningTransfer& transfer,
                                       CURLcode code) const {
  if (code == CURLE_OK || transfer.enough) return {};
  std::string why = transfer.detail.front() != '\0' ? transfer.detail.data()
                                                    : curl_.easy_strerror(code);
  if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
      code == CURLE_GOT_NOTHING) {
    why = fmt::format("the connection ended early ({})", why);
  }
  const bool never = code == CURLE_PEER_FAILED_VERIFICATION ||
                     code == CURLE_SSL_CACERT_BADFILE ||
                     code == CURLE_UNSUPPORTED_PROTOCOL ||
                     code == CURLE_COULDNT_RESOLVE_PROXY;
  return MakeError(never ? ErrorCode::kUnsupported : ErrorCode::kIo, why);
}

void Transfers::Loop::EndLate() {
  const auto now = Clock::now();
  std::vector<std::pair<uint64_t, std::chrono::milliseconds>> late;
  for (const auto& [id, transfer] : all_) {
    if (transfer->handle == nullptr || now < transfer->Deadline()) continue;
    late.emplace_back(
        id, std::chrono::duration_cast<std::chrono::milliseconds>(
                now - (transfer->any ? transfer->last : transfer->begin)));
  }
  for (const auto& [id, waited] : late) {
    End(id, MakeError(ErrorCode::kIo,
                      fmt::format("no answer within {} ms", waited.count())));
  }
}

int Transfers::Loop::SleepFor() const {
  const auto now = Clock::now();
  auto next = now + kLongestSleep;
  for (const auto& [id, transfer] : all_) {
    next = std::min(next, transfer->handle == nullptr
                              ? transfer->request.not_before
                              : transfer->Deadline());
  }
  const auto sleep = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max<int64_t>(0, sleep.count()));
}

void Transfers::Loop::Close(RunningTransfer* transfer) {
  if (transfer->handle != nullptr) {
    (void)curl_.multi_remove_handle(multi_, transfer->handle);
    curl_.easy_cleanup(transfer->handle);
  }
  curl_.slist_free_all(transfer->headers);
}

void Transfers::Loop::Drop(uint64_t id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  Close(found->second.get());
  all_.erase(found);
}

void Transfers::Loop::End(uint64_t id, const base::Status& status) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  const std::unique_ptr<RunningTransfer> transfer = std::move(found->second);
  all_.erase(found);
  Close(transfer.get());
  transfer->events.end(status);
}

Transfers::Transfers(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Transfers::~Transfers() = default;

base::Result<std::unique_ptr<Transfers>> Transfers::Open() {
  const auto curl = models::OpenCurl();
  if (!curl) return curl.error();
  CURLM* const multi = (*curl)->multi_init();
  if (multi == nullptr) {
    return MakeError(ErrorCode::kInternal, "libcurl could not begin");
  }
  return std::unique_ptr<Transfers>(
      new Transfers(std::make_unique<Loop>(**curl, multi)));
}

uint64_t Transfers::Start(TransferRequest request, TransferEvents events) {
  auto transfer = std::make_unique<RunningTransfer>();
  transfer->request = std::move(request);
  transfer->events = std::move(events);
  transfer->bytes = &bytes_;
  return loop_->Start(std::move(transfer));
}

void Transfers::Cancel(uint64_t id) {
  loop_->Cancel(id);
}

}  // namespace krait::remote
