// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace krait::models {
namespace {

Variables Of(std::map<std::string, std::string> values) {
  return [values](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}

TEST(EnvironmentTest, TheHubsCacheIsWhereItsClientsHaveIt) {
  const auto hub = [](std::map<std::string, std::string> values) {
    values.emplace("HOME", "/home/me");
    return FindStores(Of(values)).hub;
  };
  EXPECT_EQ(hub({}), "/home/me/.cache/huggingface/hub");
  EXPECT_EQ(hub({{"XDG_CACHE_HOME", "/c"}}), "/c/huggingface/hub");
  EXPECT_EQ(hub({{"XDG_CACHE_HOME", "/c"}, {"HF_HOME", "~/h"}}),
            "/home/me/h/hub");
  EXPECT_EQ(hub({{"HF_HOME", "/h"}, {"HUGGINGFACE_HUB_CACHE", "/old"}}),
            "/old");
  EXPECT_EQ(hub({{"HUGGINGFACE_HUB_CACHE", "/old"}, {"HF_HUB_CACHE", "/new"}}),
            "/new");
  EXPECT_EQ(FindStores(Of({})).hub, "");
  EXPECT_TRUE(FindStores(Of({})).ollama.empty());
}

TEST(EnvironmentTest, OtherProgramsCaches) {
  const auto stores = FindStores(
      Of({{"HOME", "/h"}, {"LLAMA_CACHE", "/l"}, {"OLLAMA_MODELS", "/o"}}));
  EXPECT_EQ(stores.llama_cpp, "/l");
  EXPECT_THAT(stores.ollama, testing::ElementsAre("/o"));
  EXPECT_EQ(stores.lm_studio.front(), "/h/.lmstudio/models");
  EXPECT_EQ(stores.own, "/h/.local/share/krait/models");
}

TEST(EnvironmentTest, TokensAndFlags) {
  const std::string file = testing::TempDir() + "/krait_token";
  std::ofstream(file) << "of-file\n";
  const auto token = [&](std::map<std::string, std::string> values) {
    values.emplace("HF_TOKEN_PATH", file);
    const auto access = FindHubAccess(Of(values));
    return access ? access->token : access.error().message;
  };
  EXPECT_EQ(token({}), "of-file");
  EXPECT_EQ(token({{"HUGGING_FACE_HUB_TOKEN", "old"}}), "old");
  EXPECT_EQ(token({{"HF_TOKEN", "new"}, {"HUGGING_FACE_HUB_TOKEN", "old"}}),
            "new");
  EXPECT_EQ(token({{"HF_TOKEN", "x"}, {"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}}),
            "");
  // It would be a header of its own.
  EXPECT_THAT(token({{"HF_TOKEN", "a\r\nHost: evil"}}),
              testing::HasSubstr("HF_TOKEN: "));
  EXPECT_TRUE(FindHubAccess(Of({{"HF_HUB_OFFLINE", "True"}}))->offline);
  EXPECT_FALSE(FindHubAccess(Of({{"HF_HUB_OFFLINE", "0"}}))->offline);
  EXPECT_EQ(FindHubAccess(Of({}))->endpoint.Origin(),
            "https://huggingface.co:443");
  EXPECT_FALSE(FindHubAccess(Of({{"HF_ENDPOINT", "hub"}})));
  EXPECT_FALSE(FindHubAccess(Of({{"HF_HUB_DOWNLOAD_TIMEOUT", "soon"}})));
  EXPECT_EQ(
      FindHubAccess(Of({{"HF_HUB_DOWNLOAD_TIMEOUT", "7"}}))->stall.count(), 7);
}

}  // namespace
}  // namespace krait::models
