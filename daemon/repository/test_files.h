// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_TEST_FILES_H_
#define KRAIT_DAEMON_REPOSITORY_TEST_FILES_H_

#include <string_view>

namespace krait::repository {

// Whether a file is a test, an example or a benchmark, by its path in the
// repository: what has the words of what it is about, and is not it.
bool IsOfTests(std::string_view path);

// Whether it lies in a folder of documents, where a function is an example.
bool IsOfDocumentation(std::string_view path);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_TEST_FILES_H_
