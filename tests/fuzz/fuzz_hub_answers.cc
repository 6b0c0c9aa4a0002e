// SPDX-License-Identifier: Apache-2.0
// What the hub, Ollama's registry and those who redirect to others answer, and
// names of models. Whatever it is, nothing that is taken names a file outside
// of its folder, or another host than the one that is asked.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/models/digest.h"
#include "daemon/models/file_names.h"
#include "daemon/models/http.h"
#include "daemon/models/hub_api.h"
#include "daemon/models/model_source.h"
#include "daemon/models/pick_files.h"
#include "daemon/models/url.h"

namespace krait::models {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckTree(std::string_view text) {
  const auto files = ParseTree(text);
  if (!files) return;
  for (const HubFile& file : *files) {
    Require(IsSafePath(file.path));
    Require(IsHex(file.etag(), 64) || IsHex(file.etag(), 40));
  }
  for (const char* quant : {"", "Q8_0", "a"}) {
    const auto picked = PickFiles(*files, {.repo = "o/r", .quant = quant});
    if (!picked) continue;
    Require(!picked->files.empty());
    Require(picked->opened_by.empty() || picked->opened_by.ends_with(".gguf"));
  }
}

void CheckUrls(std::string_view text) {
  const Url from = *ParseUrl("https://hub.example/a/b?c");
  for (const auto& url : {ParseUrl(text), ResolveUrl(from, text)}) {
    if (!url) continue;
    const auto again = ParseUrl(url->Text());
    Require(again && *again == *url);
    Require(url->host.find_first_of("@/?#\\ ") == std::string::npos);
  }
  Require(DecodePath(EncodePath(text)) == text);
}

void CheckNames(std::string_view text) {
  const auto source =
      ParseModelSource(text, *ParseUrl("https://hub.example/mirror"));
  if (!source) return;
  if (const auto* hub = std::get_if<HubSource>(&*source)) {
    Require(IsRepoName(hub->repo) && IsSafePath(hub->repo));
    Require(IsSafePath(hub->revision));
    Require(hub->file.empty() || IsSafePath(hub->file));
  } else if (const auto* ollama = std::get_if<OllamaSource>(&*source)) {
    Require(IsSafePath(ollama->name) && IsSafePath(ollama->tag));
    Require(IsSafePath(ollama->host));
  }
}

void CheckHead(std::string_view text) {
  HttpHead head;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    AddHeadLine(rest.substr(0, end), &head);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  (void)head.ContentLength();
  (void)NextLink(head.Find("link"));
  const auto range = ParseContentRange(head.Find("content-range"));
  if (range && range->begin && range->total) {
    Require(*range->begin < *range->total);
  }
}

}  // namespace
}  // namespace krait::models

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  krait::models::CheckTree(text);
  krait::models::CheckUrls(text);
  krait::models::CheckNames(text);
  krait::models::CheckHead(text);
  (void)krait::models::ParseRefs(text, "main");
  const auto model = krait::models::ParseOllamaManifest(text);
  if (model && !krait::models::IsHex(model->sha256, 64)) std::abort();
  return 0;
}
