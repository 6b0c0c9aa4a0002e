// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/document_key.h"

#include <fmt/format.h>

namespace krait::daemon {

std::string IdentityOf(const DocumentKey& document) {
  if (document.uri.starts_with("file:")) return document.uri;
  return fmt::format("{} {}", document.session, document.uri);
}

}  // namespace krait::daemon
