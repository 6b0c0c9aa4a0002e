// SPDX-License-Identifier: Apache-2.0
//
// One thread with an io_context reads frames and runs the session; the model
// has its own thread (CompletionHost). At the end what is queued for output is
// still written, but no longer than a second.
#include "daemon/process/stdio_server.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/memory_budget.h"
#include "daemon/host/remote/routing_generator.h"
#include "daemon/io/frame_source.h"
#include "daemon/io/frame_writer.h"
#include "daemon/io/process_watch.h"
#include "daemon/io/standard_streams.h"
#include "daemon/memory_limit.h"
#include "daemon/model_lookup.h"
#include "daemon/session/acceptance_file.h"
#include "daemon/session/lsp_session.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"
#include "engine/model/model_stamp.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;

constexpr auto kSaveWhenIdleFor = std::chrono::seconds(30);

// Of the model that a name stands for now.
engine::ModelStamp StampOf(const std::string& model) {
  const auto path = FindModelPath(model, ModelEnvironment::OfProcess());
  return path ? engine::StampModel(*path) : engine::ModelStamp();
}

class StdioServer {
 public:
  StdioServer(CompletionHost::Loader loader, const Config& config)
      : streams_(io_),
        writer_(std::make_shared<FrameWriter>(io_, streams_.output())),
        signals_(io_, SIGINT, SIGTERM),
        process_(io_),
        elsewhere_(MakeEngineElsewhere(config.remote)),
        host_(
            WithEngineElsewhere(std::move(loader), elsewhere_),
            [this](std::function<void()> call) {
              asio::post(io_, std::move(call));
            },
            kSaveWhenIdleFor,
            [model = config.model.model] { return StampOf(model); },
            ProcessMemoryBudget(config.model.state_bytes), elsewhere_),
        acceptance_(config.statistics ? AcceptanceFile()
                                      : std::filesystem::path()),
        session_(writer_, host_, acceptance_, config) {}

  ~StdioServer() { writer_->Close(); }
  StdioServer(const StdioServer&) = delete;
  StdioServer& operator=(const StdioServer&) = delete;

  int Run(const std::vector<Notice>& notices) {
    for (const auto& [type, sentence] : notices) session_.Tell(type, sentence);
    // An editor that reads nothing more is gone, or as good as that.
    writer_->set_on_failure([this] { End(kExitInternal); });
    // However reading ends, by an exception too, so does the server.
    asio::co_spawn(io_, Read(),
                   [this](const std::exception_ptr&) { End(kExitInternal); });
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) End(kExitInternal);
    });
    io_.run();
    return status_.value_or(kExitInternal);
  }

 private:
  asio::awaitable<void> Read() {
    co_await ReadFrames(
        streams_.input(),
        [this](const std::string& body) {
          if (status_) return false;  // nothing counts after `exit`
          session_.HandleMessage(body);
          if (const auto pid = session_.editor_process()) {
            (void)process_.Watch(*pid, [this] { End(kExitInternal); });
          }
          if (session_.exit_code()) End(*session_.exit_code());
          return !status_;
        },
        [this](const lsp::Glimpse& glimpse) {
          session_.HandleTooLarge(glimpse);
        });
  }

  void End(int status) {
    if (status_) return;
    status_ = status;
    asio::co_spawn(io_, Finish(), asio::detached);
  }

  asio::awaitable<void> Finish() {
    co_await writer_->Drain(std::chrono::seconds(1));
    io_.stop();
  }

  asio::io_context io_;
  StandardStreams streams_;
  std::shared_ptr<FrameWriter> writer_;
  asio::signal_set signals_;
  ProcessWatch process_;  // the editor's
  std::optional<int> status_;
  const std::shared_ptr<remote::Engine> elsewhere_;  // null: nothing is
  CompletionHost host_;                              // its thread posts to io_
  AcceptanceStore acceptance_;
  LspSession session_;
};

}  // namespace

int ServeStdio(CompletionHost::Loader loader, const Config& config,
               const std::vector<Notice>& notices) {
  // A client that went away shows as an error of the write.
  (void)std::signal(SIGPIPE, SIG_IGN);
  try {
    return StdioServer(std::move(loader), config).Run(notices);
  } catch (const std::exception& error) {
    PrintError(error.what());
    return kExitInternal;
  }
}

}  // namespace krait::daemon
