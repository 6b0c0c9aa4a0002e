// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_COMPLETION_SOURCE_TEXT_H_
#define KRAIT_TESTS_DAEMON_COMPLETION_SOURCE_TEXT_H_

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace krait::completion {

// A real source file of this repository.
inline std::string ReadSource(const std::string& name) {
  std::ifstream in(KRAIT_SOURCE "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_GT(text.str().size(), 1000U) << name;
  return text.str();
}

}  // namespace krait::completion

#endif  // KRAIT_TESTS_DAEMON_COMPLETION_SOURCE_TEXT_H_
