// SPDX-License-Identifier: Apache-2.0
#include "lsp/document_types.h"

#include "base/json_value.h"
#include "lsp/json_writer.h"

namespace krait::lsp {

using base::ObjectReader;

base::Status FromJson(const JsonValue& json, DidOpenParams* out) {
  return ObjectReader(json)
      .RequireObject("textDocument",
                     [out](ObjectReader& document) {
                       document.Require("uri", &out->uri)
                           .Require("languageId", &out->language_id)
                           .Require("version", &out->version)
                           .Require("text", &out->text);
                     })
      .status();
}

base::Status FromJson(const JsonValue& json, ContentChange* out) {
  return ObjectReader(json)
      .Require("range", &out->range)
      .Require("text", &out->text)
      .status();
}

base::Status FromJson(const JsonValue& json, DidChangeParams* out) {
  return ObjectReader(json)
      .RequireObject("textDocument",
                     [out](ObjectReader& document) {
                       document.Require("uri", &out->uri)
                           .Require("version", &out->version);
                     })
      .Require("contentChanges", &out->changes)
      .status();
}

base::Status FromJson(const JsonValue& json, DidCloseParams* out) {
  return ReadDocumentUri(json, &out->uri);
}

base::Status FromJson(const JsonValue& json, DidSaveParams* out) {
  return ReadDocumentUri(json, &out->uri);
}

base::Status FromJson(const JsonValue& json, LostDocumentParams* out) {
  return ObjectReader(json)
      .Optional("uri", &out->uri)
      .Optional("languageId", &out->language_id)
      .Optional("because", &out->because)
      .status();
}

RawJson ToJson(const LostDocumentParams& params) {
  return Serialize({{"uri", JsonString(params.uri)},
                    {"languageId", JsonString(params.language_id)},
                    {"because", JsonString(params.because)}});
}

}  // namespace krait::lsp
