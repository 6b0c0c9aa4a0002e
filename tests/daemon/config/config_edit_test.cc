// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config_edit.h"

#include <gtest/gtest.h>

#include <string>

namespace krait::daemon {
namespace {

std::string With(std::string_view toml) {
  return WithTextSetting(toml, "model", "/m");
}

TEST(ConfigEditTest, ALineIsReplacedOrPutInFront) {
  EXPECT_EQ(With(""), "model = \"/m\"\n");
  EXPECT_EQ(With("threads = 1\n"), "model = \"/m\"\nthreads = 1\n");
  EXPECT_EQ(With("# a\n  model=\"x\" # b\nthreads = 1"),
            "# a\nmodel = \"/m\"\nthreads = 1");
  EXPECT_EQ(With("model = \"x\""), "model = \"/m\"\n");
}

TEST(ConfigEditTest, OtherKeysAndTablesAreLeftAlone) {
  const std::string text =
      "models = 1\n#model = \"x\"\n[completion]\nmodel = \"y\"\n";
  EXPECT_EQ(With(text), "model = \"/m\"\n" + text);
}

TEST(ConfigEditTest, TextsAreQuoted) {
  EXPECT_EQ(WithTextSetting("", "model", "a\"b\\c\n"),
            "model = \"a\\\"b\\\\c\\u000A\"\n");
}

}  // namespace
}  // namespace krait::daemon
