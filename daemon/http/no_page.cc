// SPDX-License-Identifier: Apache-2.0
//
// In place of daemon/http/page/ in a build without it (KRAIT_PAGE=OFF).
#include "daemon/http/embedded_page.h"

namespace krait::daemon {

const EmbeddedPage kEmbeddedPage = {};

}  // namespace krait::daemon
