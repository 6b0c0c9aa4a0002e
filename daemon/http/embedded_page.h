// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_EMBEDDED_PAGE_H_
#define KRAIT_DAEMON_HTTP_EMBEDDED_PAGE_H_

#include <string_view>

namespace krait::daemon {

// The page for people, as daemon/http/page/build.sh makes it; empty texts in a
// build without (KRAIT_PAGE=OFF).
struct EmbeddedPage {
  std::string_view html;
  std::string_view script;
  std::string_view style;
  std::string_view icon;  // SVG
};
extern const EmbeddedPage kEmbeddedPage;

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_EMBEDDED_PAGE_H_
