// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/file_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace krait::completion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string Why(const FileRules& rules, const std::string& name) {
  return rules.WhyUnread(std::vector<std::string>{name});
}

TEST(FileRulesTest, SecretsAreNotReadWhateverTheUserSays) {
  const FileRules rules;
  for (const char* secret :
       {"/p/.env", "/p/.env.local", "/p/prod.env", "/p/.ENV", "/p/a.Pem",
        "/home/u/.ssh/config", "/home/u/.ssh/id_rsa", "/p/id_ed25519",
        "/p/id_deploy", "/home/u/.netrc", "/p/.npmrc", "/home/u/.pypirc",
        "/home/u/.pgpass", "/home/u/.aws/credentials", "/p/server.key",
        "/p/a.p12", "/p/a.pfx", "/p/a.kdbx", ".env"}) {
    EXPECT_THAT(Why(rules, secret), HasSubstr("completion.disabled_files"))
        << secret;
  }
  for (const char* code :
       {"/p/env.py", "/p/a.py", "/p/id_map.py", "/p/keys.ts", "/p/credentials",
        "/p/environment.yml", "Untitled-1", "/p/monkey"}) {
    EXPECT_THAT(Why(rules, code), IsEmpty()) << code;
  }
}

TEST(FileRulesTest, ListsAreJoined) {
  FileRules rules;
  ASSERT_TRUE(rules.Join({"secrets/**"}));
  ASSERT_TRUE(rules.Join({}));
  ASSERT_TRUE(rules.Join({"*.secret"}));
  EXPECT_THAT(Why(rules, "/p/secrets/db.txt"), HasSubstr("\"secrets/**\""));
  EXPECT_THAT(Why(rules, "/p/a.secret"), HasSubstr("\"*.secret\""));
  EXPECT_THAT(Why(rules, "/p/.env"), Not(IsEmpty()));
  EXPECT_THAT(rules.globs(), ElementsAre("secrets/**", "*.secret"));
}

TEST(FileRulesTest, AGlobMatchesBelowAnyFolderInAnyCase) {
  FileRules rules;
  ASSERT_TRUE(rules.Join({"secrets/**", "/abs/x.txt", "~/mine/*", "dir/",
                          "*.{crt,der}", "file[0-9].txt"}));
  for (const char* secret :
       {"/any/where/secrets/db.txt", "/Secrets/deep/er/db.TXT", "/abs/x.txt",
        "/home/u/mine/a", "/p/dir/deep/a.py", "/p/a.crt", "/p/a.der",
        "/p/file7.txt"}) {
    EXPECT_THAT(Why(rules, secret), Not(IsEmpty())) << secret;
  }
  EXPECT_THAT(Why(rules, "/p/secrets.txt"), IsEmpty());
}

TEST(FileRulesTest, TheUserMayAllowWhatIsKraitsOwn) {
  FileRules rules;
  ASSERT_TRUE(rules.Join({"!example.env", "!.env.example"}));
  EXPECT_THAT(Why(rules, "/p/example.env"), IsEmpty());
  EXPECT_THAT(Why(rules, "/p/.env.example"), IsEmpty());
  EXPECT_THAT(Why(rules, "/p/Example.env"), Not(IsEmpty()));
  EXPECT_THAT(Why(rules, "/p/.env"), Not(IsEmpty()));
  // A link that leads elsewhere is what it leads to.
  EXPECT_THAT(rules.WhyUnread(
                  std::vector<std::string>{"/p/example.env", "/home/u/.env"}),
              Not(IsEmpty()));
}

TEST(FileRulesTest, NoListAllowsWhatAnotherForbids) {
  FileRules rules;
  ASSERT_TRUE(rules.Join({"*.txt", "!readme.txt"}));
  ASSERT_TRUE(rules.Join({"!**"}));
  EXPECT_THAT(Why(rules, "/p/a.txt"), HasSubstr("*.txt"));
  EXPECT_THAT(Why(rules, "/p/readme.txt"), IsEmpty());
}

TEST(FileRulesTest, WhereNothingCanBeToldNothingIsRead) {
  FileRules rules;
  EXPECT_THAT(rules.WhyUnread(std::vector<std::string>()), Not(IsEmpty()));
  EXPECT_FALSE(rules.Join({"*.txt", "{a"}));
  EXPECT_FALSE(rules.Join({"!"}));
  EXPECT_THAT(Why(rules, "/p/a.txt"), IsEmpty());
  rules.Distrust("a bad list");
  EXPECT_THAT(Why(rules, "/p/a.py"), HasSubstr("a bad list"));
}

}  // namespace
}  // namespace krait::completion
