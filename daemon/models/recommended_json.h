// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_RECOMMENDED_JSON_H_
#define KRAIT_DAEMON_MODELS_RECOMMENDED_JSON_H_

namespace krait::models {

// The text of recommended.json, put into the program when it is built.
extern const char* const kRecommendedJson;

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_RECOMMENDED_JSON_H_
