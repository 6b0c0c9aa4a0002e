// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "daemon/config/known_settings.h"
#include "daemon/config/setting_texts.h"
#include "daemon/config/settings.h"

namespace krait::daemon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/krait-config-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~ConfigTest() override { std::filesystem::remove_all(dir_); }

  LoadedConfig Load(const std::string& text) {
    std::ofstream(dir_ / "config.toml") << text;
    return LoadConfig(dir_ / "config.toml");
  }
  // The message of the only problem.
  std::string ProblemOf(const std::string& text) {
    const LoadedConfig loaded = Load(text);
    EXPECT_EQ(loaded.problems.size(), 1U) << text;
    return loaded.problems.empty() ? "" : loaded.problems[0].message;
  }

  std::filesystem::path dir_;
};

TEST_F(ConfigTest, ReadsEverySetting) {
  const LoadedConfig loaded = Load(R"(
model = "small"
threads = 3
state_bytes = "1.5 GiB"
state_dir = "/var/states"
state_disk_bytes = 1000000
state_days = 7
state_exclude = ["/secret", "/projects/**/keys"]
memory_mixing = "always"
log_level = "debug"
idle_minutes = 0.5
statistics = false
[http]
listen = "[::1]:8012"
token = "always"
allowed_origins = ["https://example.org"]
[completion]
enabled = false
languages = { "*" = true, markdown = false }
disabled_files = ["*.env", "secrets/**"]
trigger = "on_demand"
debounce_ms = 75
prefetch = false
max_tokens = 20
max_lines = 4
extent = "line"
prefix_tokens = 100
suffix_tokens = 0
pause_tokens = 0
file_memory = false
min_confidence = -0.5
temperature = 0.5
top_k = 7
top_p = 0.9
min_p = 0
repetition_penalty = 1.25
)");
  EXPECT_THAT(loaded.problems, IsEmpty());
  const Config& config = loaded.config;
  EXPECT_EQ(config.model.model, "small");
  EXPECT_EQ(config.model.threads, 3U);
  EXPECT_EQ(config.model.state_bytes, size_t{3} << 29);
  EXPECT_EQ(config.model.state_dir, "/var/states");
  EXPECT_EQ(config.model.state_disk_bytes, 1000000U);
  EXPECT_EQ(config.model.state_days, 7U);
  EXPECT_THAT(config.model.state_exclude,
              ElementsAre("/secret", "/projects/**/keys"));
  EXPECT_EQ(config.model.mixing, engine::MemoryMixing::kAlways);
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
  EXPECT_EQ(config.idle_exit, std::chrono::seconds(30));
  EXPECT_FALSE(config.statistics);
  EXPECT_EQ(config.http.listen, "[::1]:8012");
  EXPECT_TRUE(config.http.token_always);
  EXPECT_THAT(config.http.allowed_origins, ElementsAre("https://example.org"));
  EXPECT_FALSE(config.rules.enabled);
  EXPECT_EQ(config.rules.languages,
            (FlagTable{{"*", true}, {"markdown", false}}));
  EXPECT_EQ(config.rules.files.globs(), (TextList{"*.env", "secrets/**"}));
  EXPECT_EQ(config.rules.trigger, completion::CompletionTrigger::kOnDemand);
  EXPECT_EQ(config.rules.debounce, std::chrono::milliseconds(75));
  EXPECT_FALSE(config.rules.prefetch);
  EXPECT_EQ(config.completion.max_tokens, 20U);
  EXPECT_EQ(config.completion.max_lines, 4U);
  EXPECT_EQ(config.completion.extent, completion::CompletionExtent::kLine);
  EXPECT_EQ(config.completion.limits.prefix_tokens, 100U);
  EXPECT_EQ(config.completion.limits.suffix_tokens, 0U);
  EXPECT_EQ(config.completion.limits.pause_tokens, 0U);
  EXPECT_FALSE(config.completion.file_memory);
  EXPECT_EQ(config.completion.min_confidence, -0.5);
  EXPECT_EQ(config.completion.sampling.top_k, 7U);
  EXPECT_FLOAT_EQ(config.completion.sampling.top_p, 0.9F);
}

TEST_F(ConfigTest, AProblemNamesFileLineKeyAndWhatWasExpected) {
  EXPECT_THAT(ProblemOf("\n\nthreads = -1\n"),
              AllOf(HasSubstr("config.toml:3: threads: expected a whole number "
                              "from 0 to 1024, got -1")));
  EXPECT_THAT(ProblemOf("log_level = \"loud\"\n"),
              AllOf(HasSubstr("config.toml:1: log_level: expected one of"),
                    HasSubstr("\"debug\", got \"loud\"")));
  EXPECT_THAT(ProblemOf("[completion]\nextent = [1]\n"),
              HasSubstr("config.toml:2: completion.extent: expected"));
  EXPECT_THAT(ProblemOf("threads = 1.5\n"), HasSubstr("got 1.5"));
}

TEST_F(ConfigTest, ListsAndTablesAreChecked) {
  EXPECT_THAT(ProblemOf("[completion]\nlanguages = { c = 1 }\n"),
              HasSubstr("completion.languages: expected a table"));
  EXPECT_THAT(ProblemOf("[completion]\nlanguages = false\n"),
              HasSubstr("completion.languages: expected a table"));
  EXPECT_THAT(ProblemOf("[completion]\ndisabled_files = [1]\n"),
              HasSubstr("completion.disabled_files: expected a list"));
  EXPECT_THAT(ProblemOf("[completion]\ndisabled_files = [\"\"]\n"),
              HasSubstr("expected a list"));
  EXPECT_THAT(ProblemOf("[completion]\ndebounce_ms = 10001\n"),
              HasSubstr("a whole number from 0 to 10000"));
}

TEST_F(ConfigTest, WhoMayAskByHttpIsChecked) {
  EXPECT_THAT(ProblemOf("[http]\nlisten = \"8012\"\n"),
              HasSubstr("http.listen: expected an address and a port"));
  EXPECT_THAT(ProblemOf("[http]\nallowed_origins = [\"example.org\"]\n"),
              HasSubstr("http.allowed_origins: expected a list"));
  const auto loaded = Load("[http]\ntoken = \"allways\"\n");
  EXPECT_FALSE(loaded.problems.empty());
  EXPECT_TRUE(loaded.config.http.token_always);
}

TEST_F(ConfigTest, WhereTheDisabledFilesCannotBeReadNothingIs) {
  const std::vector<std::string> names = {"/p/a.py"};
  for (const char* wrong :
       {"[completion]\ndisabled_files = \"*.env\"\n",
        "[completion]\ndisabled_files = [\"{\"]\n",
        "[completion]\ndisabled_file = [\"*.env\"]\n",
        "[completion.disabled_files]\n\"*.env\" = true\n", "threads = \n"}) {
    const auto loaded = Load(wrong);
    EXPECT_THAT(loaded.config.rules.files.WhyUnread(names),
                HasSubstr("until completion.disabled_files is right again"))
        << wrong;
    // What a bridge tells a daemon is no better.
    Config told;
    (void)ApplySessionJson(
        boost::json::serialize(SessionSettings(loaded.config)),
        SettingsSection::kOptional, "it", &told);
    EXPECT_FALSE(told.rules.files.trusted()) << wrong;
  }
  for (const char* wrong :
       {R"({"completion":{"disabled_files":null}})",
        R"({"completion":{"disabled_files":{"*.env":true}}})",
        R"({"completion":{"disabledFiles":[]}})", "3", "{"}) {
    Config config;
    (void)ApplySessionJson(wrong, SettingsSection::kOptional, "it", &config);
    EXPECT_THAT(config.rules.files.WhyUnread(names), Not(IsEmpty())) << wrong;
  }
  const auto other = Load("threads = -1\n");
  EXPECT_THAT(other.config.rules.files.WhyUnread(names), IsEmpty());
}

TEST_F(ConfigTest, AnEditorsDisabledFilesAreJoinedWithTheOthers) {
  Config config;
  ASSERT_TRUE(config.rules.files.Join({"a.txt"}));
  (void)ApplySessionJson(R"({"completion":{"disabled_files":["b.txt"]}})",
                         SettingsSection::kOptional, "it", &config);
  EXPECT_EQ(config.rules.files.globs(), (TextList{"a.txt", "b.txt"}));
  (void)ApplySessionJson(R"({"completion":{"disabled_files":[]}})",
                         SettingsSection::kOptional, "it", &config);
  EXPECT_EQ(config.rules.files.globs(), (TextList{"a.txt", "b.txt"}));
}

TEST_F(ConfigTest, EverySettingIsExplained) {
  for (const KnownSetting& setting : KnownSettings()) {
    EXPECT_FALSE(AboutSetting(setting.key).empty()) << setting.key;
  }
  EXPECT_TRUE(AboutSetting("completion.modle").empty());
}

TEST_F(ConfigTest, SessionsSettingsGoThroughJsonAndBack) {
  Config config;
  config.rules.languages = {{"c", false}};
  ASSERT_TRUE(config.rules.files.Join({"a*"}));
  const auto json = boost::json::serialize(SessionSettings(config));
  Config read;
  EXPECT_THAT(ApplySessionJson(json, SettingsSection::kOptional, "it", &read),
              IsEmpty());
  EXPECT_EQ(read.rules.languages, config.rules.languages);
  EXPECT_EQ(read.rules.files, config.rules.files);
  // What Lua makes of an empty table.
  EXPECT_THAT(ApplySessionJson(R"({"completion":{"languages":[]}})",
                               SettingsSection::kOptional, "it", &read),
              IsEmpty());
  EXPECT_TRUE(read.rules.languages.empty());
}

TEST_F(ConfigTest, SizesHaveUnits) {
  const auto bytes = [this](const std::string& value) {
    return Load("state_bytes = " + value + "\n").config.model.state_bytes;
  };
  EXPECT_EQ(bytes("\"2 GB\""), 2000000000U);
  EXPECT_EQ(bytes("\"64MiB\""), size_t{64} << 20);
  EXPECT_EQ(bytes("\"0\""), 0U);
  for (const char* bad : {"\"two GB\"", "\"1 parsec\"", "-5", "\"1e300 TiB\"",
                          "\"nan GB\"", "\"-1 GB\"", "\"\"", "true"}) {
    EXPECT_THAT(ProblemOf(std::string("state_bytes = ") + bad + "\n"),
                HasSubstr("state_bytes: expected a number of bytes"))
        << bad;
  }
}

TEST_F(ConfigTest, ABadSettingLeavesTheOthersAlone) {
  const LoadedConfig loaded = Load("threads = \"many\"\nmodel = \"small\"\n");
  EXPECT_EQ(loaded.problems.size(), 1U);
  EXPECT_TRUE(loaded.problems[0].is_error);
  EXPECT_EQ(loaded.config.model.threads, 0U);
  EXPECT_EQ(loaded.config.model.model, "small");
}

TEST_F(ConfigTest, AnUnknownSettingIsAWarningWithTheNearestName) {
  const LoadedConfig loaded = Load("modle = \"small\"\nmax_tokens = 3\n");
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_FALSE(loaded.problems[0].is_error);
  const std::string all =
      loaded.problems[0].message + loaded.problems[1].message;
  EXPECT_THAT(all, HasSubstr("modle: unknown setting; did you mean model?"));
  EXPECT_THAT(all, HasSubstr("did you mean completion.max_tokens?"));
  EXPECT_EQ(NearestSetting("colour_of_the_sky"), "");
}

TEST_F(ConfigTest, PathsBeginAtTheFilesFolderOrTheHome) {
  const auto here = Load("model = \"m/x.gguf\"\nstate_dir = \"kept\"\n").config;
  EXPECT_EQ(here.model.model, dir_ / "m/x.gguf");
  EXPECT_EQ(here.model.state_dir, dir_ / "kept");
  const std::string home = std::getenv("HOME");
  const auto at_home =
      Load("model = \"~/x.gguf\"\nstate_dir = \"~/kept\"\n").config;
  EXPECT_EQ(at_home.model.model, home + "/x.gguf");
  EXPECT_EQ(at_home.model.state_dir, home + "/kept");
  EXPECT_EQ(Load("model = \"name\"\nstate_dir = \"\"\n").config.model.model,
            "name");
  EXPECT_EQ(Load("state_dir = \"\"\n").config.model.state_dir, "");
}

TEST_F(ConfigTest, SaysWhereEachSettingIsFrom) {
  const LoadedConfig loaded = Load(
      "model = \"m\"\nthreads = -1\nnope = 1\n[completion]\n"
      "max_lines = 3\n");
  const std::string file = (dir_ / "config.toml").string();
  EXPECT_EQ(loaded.places, (std::map<std::string, std::string>{
                               {"completion.max_lines", file + ":5"},
                               {"model", file + ":1"}}));
  EXPECT_EQ(loaded.config.model.model_origin, file + ":1: model");
}

TEST_F(ConfigTest, ValuesHaveATextAsInAFile) {
  EXPECT_EQ(ToText(true), "true");
  EXPECT_EQ(ToText(int64_t{3}), "3");
  EXPECT_EQ(ToText(static_cast<double>(0.9F)), "0.9");
  EXPECT_EQ(ToText(std::string("a\"b")), R"("a\"b")");
  EXPECT_EQ(ToText(TextList{"a", "b"}), R"(["a", "b"])");
  EXPECT_EQ(ToText(FlagTable{}), "{}");
  EXPECT_EQ(ToText(FlagTable{{"*", true}}), R"({ "*" = true })");
}

TEST_F(ConfigTest, BrokenTomlNamesItsLine) {
  EXPECT_THAT(ProblemOf("threads = 1\nmodel = \n"),
              HasSubstr("config.toml:2: "));
  EXPECT_THAT(ProblemOf("model = \"\xff\"\n"), HasSubstr("config.toml:1: "));
}

TEST_F(ConfigTest, IfItIsNotKnownWhatIsExcludedNothingIsSaved) {
  for (const char* wrong :
       {"state_exclude = \"/secret\"\n", "state_exclude = [1]\n",
        "state_exclude = [\"\"]\n", "threads = \n"}) {
    const LoadedConfig loaded = Load(wrong);
    EXPECT_EQ(loaded.problems.size(), 1U) << wrong;
    EXPECT_THAT(loaded.config.model.state_exclude, ElementsAre("**")) << wrong;
  }
  EXPECT_THAT(Load("threads = 1\n").config.model.state_exclude, IsEmpty());
}

TEST_F(ConfigTest, HomeIsKnownInPaths) {
  const std::string home = std::getenv("HOME");
  const LoadedConfig loaded = Load(
      "state_dir = \"~/states\"\nstate_exclude = [\"~/a/**\", \"~\", "
      "\"b~/\"]\n");
  EXPECT_EQ(loaded.config.model.state_dir, home + "/states");
  EXPECT_THAT(loaded.config.model.state_exclude,
              ElementsAre(home + "/a/**", home, "b~/"));
}

TEST_F(ConfigTest, AFileThatWasNamedMustBeThere) {
  const auto loaded = LoadConfig(dir_ / "none.toml");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_TRUE(loaded.problems[0].is_error);
  EXPECT_THAT(loaded.problems[0].message, HasSubstr("none.toml"));
  EXPECT_EQ(LoadConfig(dir_).problems.size(), 1U);  // a directory
}

TEST_F(ConfigTest, TheUsersFileMayBeMissing) {
  setenv("XDG_CONFIG_HOME", dir_.c_str(), 1);
  setenv("XDG_STATE_HOME", "/somewhere", 1);
  const auto loaded = LoadConfig({});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_TRUE(loaded.file.empty());
  EXPECT_EQ(loaded.config.model.state_dir, "/somewhere/krait/states");
  std::filesystem::create_directory(dir_ / "krait");
  std::ofstream(dir_ / "krait" / "config.toml") << "threads = 5\n";
  EXPECT_EQ(LoadConfig({}).config.model.threads, 5U);
  unsetenv("XDG_CONFIG_HOME");
  unsetenv("XDG_STATE_HOME");
}

constexpr auto kOptional = SettingsSection::kOptional;
constexpr auto kRequired = SettingsSection::kRequired;

std::string SessionProblem(const std::string& json) {
  Config config;
  const auto problems = ApplySessionJson(json, kOptional, "settings", &config);
  return problems.empty() ? "" : problems[0].message;
}

TEST(SessionSettingsTest, AnEditorSetsWhatIsItsOwn) {
  Config config;
  EXPECT_THAT(ApplySessionJson(R"({"krait":{"completion":{"max_tokens":9}}})",
                               kOptional, "settings", &config),
              IsEmpty());
  EXPECT_EQ(config.completion.max_tokens, 9U);
  EXPECT_THAT(ApplySessionJson(R"({"completion":{"max_tokens":8}})", kOptional,
                               "settings", &config),
              IsEmpty());
  EXPECT_EQ(config.completion.max_tokens, 8U);
  for (const char* nothing : {"null", "{}", "[]", R"({"krait":null})"}) {
    EXPECT_THAT(ApplySessionJson(nothing, kOptional, "settings", &config),
                IsEmpty());
  }
  EXPECT_EQ(config.completion.max_tokens, 8U);
}

TEST(SessionSettingsTest, OtherServersSettingsAreNoneOfOurs) {
  Config config;
  EXPECT_THAT(ApplySessionJson(R"({"python":{"lint":true},
      "krait":{"completion":{"max_tokens":9}}})",
                               kRequired, "settings", &config),
              IsEmpty());
  EXPECT_EQ(config.completion.max_tokens, 9U);
  EXPECT_THAT(ApplySessionJson(R"({"completion":{"max_tokens":8}})", kRequired,
                               "settings", &config),
              IsEmpty());
  EXPECT_EQ(config.completion.max_tokens, 9U);
}

TEST(SessionSettingsTest, AnEditorCannotSetWhatAllShare) {
  EXPECT_THAT(SessionProblem(R"({"threads":2})"),
              HasSubstr("settings: threads: all editors share it"));
  EXPECT_THAT(SessionProblem(R"({"completion":{"max_tokens":"9"}})"),
              HasSubstr("settings: completion.max_tokens: expected"));
  EXPECT_THAT(SessionProblem("7"), HasSubstr("expected an object"));
  EXPECT_THAT(SessionProblem("{"), HasSubstr("settings: "));
}

TEST(SessionSettingsTest, TheModelsThresholdIsTheDefaultAndHasAName) {
  Config config;
  EXPECT_FALSE(config.completion.min_confidence);
  EXPECT_THAT(ApplySessionJson(R"({"completion":{"min_confidence":-0.5}})",
                               kOptional, "settings", &config),
              IsEmpty());
  EXPECT_EQ(config.completion.min_confidence, -0.5);
  EXPECT_THAT(ApplySessionJson(R"({"completion":{"min_confidence":"model"}})",
                               kOptional, "settings", &config),
              IsEmpty());
  EXPECT_FALSE(config.completion.min_confidence);
  EXPECT_THAT(SessionProblem(R"({"completion":{"min_confidence":"high"}})"),
              HasSubstr("completion.min_confidence: expected \"model\""));
  Config received;
  received.completion.min_confidence = -2;
  ApplySessionJson(boost::json::serialize(SessionSettings(config)), kOptional,
                   "greeting", &received);
  EXPECT_FALSE(received.completion.min_confidence);
}

TEST(SessionSettingsTest, SurviveTheWayThroughJson) {
  Config sent;
  sent.completion.extent = completion::CompletionExtent::kBlock;
  sent.completion.limits.suffix_tokens = 3;
  sent.completion.min_confidence = completion::kShowAll;
  sent.completion.sampling.temperature = 0.75F;
  Config received;
  EXPECT_THAT(ApplySessionJson(boost::json::serialize(SessionSettings(sent)),
                               kOptional, "greeting", &received),
              IsEmpty());
  EXPECT_EQ(received.completion.extent, completion::CompletionExtent::kBlock);
  EXPECT_EQ(received.completion.limits.suffix_tokens, 3U);
  EXPECT_EQ(received.completion.min_confidence, completion::kShowAll);
  EXPECT_FLOAT_EQ(received.completion.sampling.temperature, 0.75F);
}

}  // namespace
}  // namespace krait::daemon
