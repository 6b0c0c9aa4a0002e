// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DOCTOR_H_
#define KRAIT_DAEMON_COMMANDS_DOCTOR_H_

#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"
#include "daemon/remote/settings.h"

namespace krait::daemon {

// `krait doctor`: everything that a bug report would ask for, with what to do
// about what is wrong. Exits with 2 if there is a problem.
struct DoctorArguments {
  ModelOptions model;
  completion::CompletionOptions completion;  // whose limits decide about speed
  remote::RemoteSettings remote;
  bool json = false;
};

int RunDoctor(const DoctorArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DOCTOR_H_
