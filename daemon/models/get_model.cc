// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/get_model.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "daemon/models/curl_transport.h"
#include "daemon/models/recommended.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

// What stands in for the network where there is none to be.
class NoTransport : public Transport {
 public:
  base::Status Get(const HttpRequest& request, const HttpSink&) override {
    return MakeError(ErrorCode::kNotFound,
                     request.url.WithoutQuery() + ": offline");
  }
};

base::Result<std::unique_ptr<Transport>> OpenTransport(
    const HubAccess& access) {
  if (access.offline) {
    return std::unique_ptr<Transport>(std::make_unique<NoTransport>());
  }
  return OpenCurlTransport(access.stall);
}

// A source with what its file is to be.
struct Wish {
  ModelSource source;
  std::string sha256;
};

base::Result<Wish> ParseWish(std::string_view what, const HubAccess& access) {
  auto source = ParseModelSource(what, access.endpoint);
  if (!source) return source.error();
  const auto* name = std::get_if<RecommendedSource>(&*source);
  if (name == nullptr) return Wish{std::move(*source), {}};
  const RecommendedModel* model = FindRecommended(name->name);
  if (model == nullptr) {
    return MakeError(
        ErrorCode::kNotFound,
        fmt::format("{}: no recommended model is called that (`krait model "
                    "list --remote` shows them; others are named "
                    "hf:OWNER/REPO[:QUANT], ollama:NAME[:TAG] or by a URL)",
                    name->name));
  }
  source = ParseModelSource(model->source, access.endpoint);
  if (!source) return source.error();
  return Wish{std::move(*source), model->sha256};
}

base::Result<FetchedModel> Fetch(const Wish& wish,
                                 const FetchContext& context) {
  if (const auto* hub = std::get_if<HubSource>(&wish.source)) {
    return FetchFromHub(*hub, wish.sha256, context);
  }
  if (const auto* ollama = std::get_if<OllamaSource>(&wish.source)) {
    return FetchFromOllama(*ollama, context);
  }
  return FetchFromUrl(std::get<Url>(wish.source), wish.sha256, context);
}

}  // namespace

base::Result<FetchedModel> GetModel(std::string_view what,
                                    const Variables& variables,
                                    const GetOptions& options) {
  auto access = FindHubAccess(variables);
  if (!access) return access.error();
  access->offline = access->offline || options.offline;
  auto wish = ParseWish(what, *access);
  if (!wish) return wish.error();
  if (!options.sha256.empty()) wish->sha256 = options.sha256;
  const auto transport = OpenTransport(*access);
  if (!transport) return transport.error();
  HttpClient client(
      **transport,
      {.token = access->token, .origin = access->endpoint.Origin()}, {});
  const ModelStores stores = FindStores(variables);
  return Fetch(*wish, {.client = client,
                       .hub = *access,
                       .stores = stores,
                       .on_progress = options.on_progress,
                       .approve = options.approve,
                       .note = options.note});
}

base::Result<std::vector<FileAddress>> AddressesOf(std::string_view what,
                                                   const Variables& variables) {
  const auto access = FindHubAccess(variables);
  if (!access) return access.error();
  const auto wish = ParseWish(what, *access);
  if (!wish) return wish.error();
  const auto* hub = std::get_if<HubSource>(&wish->source);
  if (hub == nullptr) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: only the hub has addresses to list", what));
  }
  const auto transport = OpenTransport(*access);
  if (!transport) return transport.error();
  HttpClient client(
      **transport,
      {.token = access->token, .origin = access->endpoint.Origin()}, {});
  const ModelStores stores = FindStores(variables);
  return AddressesAtHub(*hub,
                        {.client = client, .hub = *access, .stores = stores});
}

}  // namespace krait::models
