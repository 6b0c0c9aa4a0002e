// SPDX-License-Identifier: Apache-2.0
#include "lsp/error.h"

#include <stdexcept>

namespace krait::lsp {

void throw_exception_from_error(const Error& error,
                                const boost::source_location&) {
  throw std::runtime_error(error.message);
}

}  // namespace krait::lsp
