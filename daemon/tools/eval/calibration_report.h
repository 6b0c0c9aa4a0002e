// SPDX-License-Identifier: Apache-2.0
// Tables and JSON of what a calibration came to.
#ifndef KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_REPORT_H_
#define KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_REPORT_H_

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "daemon/completion/generator/model_hints.h"
#include "daemon/tools/eval/calibration.h"

namespace krait::daemon {

// Of the places where something could be shown.
std::string ShownHead(const std::string& first_column);
std::string ShownRow(const std::string& name, size_t places,
                     const ShownCount& count);
boost::json::object ShownToJson(size_t places, const ShownCount& count);

std::string ThresholdTable(size_t places, std::span<const ThresholdRow> rows);
boost::json::array ThresholdsToJson(size_t places,
                                    std::span<const ThresholdRow> rows);

// The choices, and the keys of the best of them; `now`: what the model has.
std::string CalibrationText(const Calibration& calibration, double right_share,
                            const completion::ConfidenceThresholds& now);
boost::json::object CalibrationToJson(
    const Calibration& calibration, double right_share,
    const completion::ConfidenceThresholds& now);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_REPORT_H_
