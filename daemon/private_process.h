// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_PRIVATE_PROCESS_H_
#define KRAIT_DAEMON_PRIVATE_PROCESS_H_

namespace krait::daemon {

// Keeps what editors have open, which this process holds, in its memory: no
// core dump, and other processes of this user cannot read it (a debugger that
// started this process can).
void KeepMemoryPrivate();

// For a process that serves many, long after whoever started it: keeps no
// directory in use, so that a file system can be unmounted, and makes files
// for this user only. Paths must be absolute from here on.
void LeaveStartersPlace();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_PRIVATE_PROCESS_H_
