// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <stdexcept>

namespace krait::base {

void throw_exception_from_error(const Error& error,
                                const boost::source_location&) {
  throw std::runtime_error(error.message);
}

}  // namespace krait::base
