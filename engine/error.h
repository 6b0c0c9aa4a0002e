// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ERROR_H_
#define KRAIT_ENGINE_ERROR_H_

#include "base/result.h"

namespace krait::engine {

// Files, models and sessions fail as everything of krait does.
using base::Error;
using base::ErrorCode;
using base::MakeError;
using base::Result;
using base::Status;

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ERROR_H_
