// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_PICK_FILES_H_
#define KRAIT_DAEMON_MODELS_PICK_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/models/hub_api.h"
#include "daemon/models/model_source.h"

namespace krait::models {

// The files of a repository that make up a model.
struct PickedFiles {
  std::vector<HubFile> files;  // small ones first
  // By which of them it is opened; empty: by their folder.
  std::string opened_by;

  uint64_t Bytes() const;
};

// Chooses by the file or the quantisation that was named. Else of several GGUF
// files that with Q4_K_M, then Q8_0, then the only one; and where there is none
// the safetensors with configuration and tokenizer. All parts of a split model
// are chosen together. kNotFound: nothing fits, or more than one does; the
// message lists what there is.
base::Result<PickedFiles> PickFiles(const std::vector<HubFile>& files,
                                    const HubSource& source);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_PICK_FILES_H_
