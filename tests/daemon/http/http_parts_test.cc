// SPDX-License-Identifier: Apache-2.0
//
// What is between a socket and a dialect, without either.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file_descriptor.h"
#include "daemon/config/listen_address.h"
#include "daemon/http/access.h"
#include "daemon/http/message.h"
#include "daemon/http/peer_owner.h"
#include "daemon/http/socket_diagnosis.h"
#include "daemon/http/text_documents.h"
#include "daemon/http/token_file.h"

namespace krait::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpMessageTest, PathsAreDecoded) {
  EXPECT_EQ(PathOfTarget("/a/b?c=d#e"), "/a/b");
  EXPECT_EQ(PathOfTarget("/a%2fb"), "/a/b");
  EXPECT_EQ(PathOfTarget("http://host:1/a"), "/a");
  EXPECT_EQ(PathOfTarget("http://host"), "/");
  EXPECT_EQ(PathOfTarget("/v1/models/"), "/v1/models");
  for (const char* bad : {"", "a", "*", "/%", "/%4", "/%zz", "/%00"}) {
    EXPECT_EQ(PathOfTarget(bad), "") << bad;
  }
}

TEST(HttpMessageTest, TokensComeInTwoFields) {
  EXPECT_EQ(HttpRequest{.authorization = "Bearer  abc "}.Token(), "abc");
  EXPECT_EQ(HttpRequest{.authorization = "bearer abc"}.Token(), "abc");
  EXPECT_EQ(HttpRequest{.authorization = "Basic abc"}.Token(), "");
  EXPECT_EQ((HttpRequest{.authorization = "Basic x", .api_key = "abc"}.Token()),
            "abc");
}

TEST(HttpMessageTest, HeadsSayHowTheBodyEnds) {
  const HttpReply reply{.status = 404, .body = "no", .fields = {{"A", "b"}}};
  const std::string whole = HeadOf(reply, false, true);
  EXPECT_TRUE(whole.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(whole.ends_with("Connection: keep-alive\r\n\r\n"));
  EXPECT_THAT(whole, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(whole, HasSubstr("A: b\r\n"));
  const std::string chunked = HeadOf({}, true, false);
  EXPECT_THAT(chunked, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(chunked, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(ChunkOf("0123456789abcdef"), "10\r\n0123456789abcdef\r\n");
}

TEST(ListenAddressTest, TakesAddressesAndNoNames) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:8012")->port, 8012);
  EXPECT_EQ(ParseListenAddress("[::1]:1")->host, "::1");
  EXPECT_EQ(ParseListenAddress("[::1]:1")->Text(), "[::1]:1");
  EXPECT_EQ(ParseListenAddress("localhost:1")->addresses().size(), 2U);
  EXPECT_TRUE(ParseListenAddress("127.9.9.9:0")->is_loopback());
  EXPECT_FALSE(ParseListenAddress("0.0.0.0:1")->is_loopback());
  for (const char* bad :
       {"", "127.0.0.1", "8012", ":8012", "a.b:1", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:1 ", "::1:1", "[::1]", "[a]:1", "1.2.3:4"}) {
    EXPECT_FALSE(ParseListenAddress(bad)) << bad;
  }
}

AccessRules Rules() {
  return {.token = "0123456789abcdef", .origins = {"https://good"}};
}

HttpRequest From(const std::string& host, const std::string& origin = {}) {
  return {.host = host, .origin = origin};
}

TEST(HttpAccessTest, OwnProgramsMayAskByAddress) {
  for (const char* host :
       {"localhost", "127.0.0.1:8012", "[::1]:8012", "192.168.0.7:1"}) {
    EXPECT_EQ(CheckAccess(From(host), Rules(), true, false), Access::kAllowed)
        << host;
    EXPECT_EQ(CheckAccess(From(host), Rules(), false, false),
              Access::kNeedsToken)
        << host;
    EXPECT_EQ(CheckAccess(From(host), Rules(), false, true), Access::kAllowed)
        << host;
  }
  AccessRules always = Rules();
  always.token_always = true;
  EXPECT_EQ(CheckAccess(From("localhost"), always, true, false),
            Access::kNeedsToken);
  HttpRequest forwarded = From("localhost");
  forwarded.forwarded = true;
  EXPECT_EQ(CheckAccess(forwarded, Rules(), true, false), Access::kNeedsToken);
}

TEST(HttpAccessTest, TheTokenOpensButNotToPages) {
  HttpRequest request = From("any.name");
  request.authorization = "Bearer 0123456789abcdef";
  EXPECT_EQ(CheckAccess(request, Rules(), false, false), Access::kAllowed);
  request.origin = "https://bad";
  EXPECT_EQ(CheckAccess(request, Rules(), false, false), Access::kStrangePage);
  request.origin = "https://good";
  EXPECT_EQ(CheckAccess(request, Rules(), false, false), Access::kAllowed);
  request.authorization = "Bearer 0123456789abcdeF";
  request.host = "localhost";
  EXPECT_EQ(CheckAccess(request, Rules(), false, false), Access::kNeedsToken);
  EXPECT_EQ(CheckAccess(From("localhost"), {.token = ""}, false, false),
            Access::kNeedsToken);
}

TEST(HttpAccessTest, NamesAndPagesAreStrange) {
  for (const char* host : {"", "evil.com", "localhost.evil.com", "localhost:x",
                           "127.0.0.1.evil.com", "127.0.0.1,evil.com"}) {
    EXPECT_EQ(CheckAccess(From(host), Rules(), true, true),
              Access::kStrangeHost)
        << host;
  }
  const auto with_origin = [](const char* origin) {
    return CheckAccess(From("localhost:1", origin), Rules(), true, false);
  };
  EXPECT_EQ(with_origin("http://localhost:1"), Access::kAllowed);
  EXPECT_EQ(with_origin("http://localhost:2"), Access::kStrangePage);
  EXPECT_EQ(with_origin("null"), Access::kStrangePage);
  EXPECT_EQ(with_origin("https://good"), Access::kAllowed);
  HttpRequest image = From("localhost");
  image.fetch_site = "cross-site";
  EXPECT_EQ(CheckAccess(image, Rules(), true, true), Access::kStrangePage);
}

TEST(HttpAccessTest, OnlyListedPagesAreToldThatTheyMayRead) {
  HttpReply reply;
  AddCrossOrigin(From("localhost", "http://localhost"), Rules(), &reply);
  EXPECT_TRUE(reply.fields.empty());
  AddCrossOrigin(From("localhost", "https://good"), Rules(), &reply);
  ASSERT_EQ(reply.fields.size(), 2U);
  EXPECT_EQ(reply.fields[0].second, "https://good");
}

// As a kernel on a machine with little-endian numbers writes it.
constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
    "retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F4C 00000000:0000 0A 00000000:00000000 00:00000000 "
    "00000000  1000        0 5001 1 0 100 0 0 10 0\n"
    "   1: 0100007F:1F4C 0100007F:9C40 01 00000000:00000000 00:00000000 "
    "00000000  1000        0 5002 1 0 20 4 30 10 -1\n"
    "   2: 0100007F:9C40 0100007F:1F4C 01 00000000:00000000 00:00000000 "
    "00000000  1001        0 5003 1 0 20 4 30 10 -1\n"
    "   3: 0100007F:9C41 0100007F:1F4C 06 00000000:00000000 00:00000000 "
    "00000000     0        0 0 3 0\n"
    "   4: 0100007F:9C42 0100007F:1F4C 01 00000000:00000000 00:00000000 "
    "00000000     0        0 0 3 0\n"
    "   5: 0100007F:9C43 0100007F:1F4C 01\n";

SocketEnd Loopback(uint16_t port) {
  return {.address = std::string("\x7f\0\0\1", 4), .port = port};
}

TEST(PeerOwnerTest, IsInTheKernelsTable) {
  const auto owner = [](uint16_t port) {
    return OwnerIn(kTable, false, Loopback(port), Loopback(0x1F4C));
  };
  EXPECT_EQ(owner(0x9C40), 1001U);
  EXPECT_FALSE(owner(0x9C41));  // has ended
  EXPECT_FALSE(owner(0x9C42));  // is nobody's any more
  EXPECT_FALSE(owner(0x9C43));  // the row is cut
  EXPECT_FALSE(owner(0x9C44));
  EXPECT_FALSE(OwnerIn("", false, Loopback(1), Loopback(2)));
  EXPECT_FALSE(OwnerIn(kTable, false, {}, {}));
}

TEST(PeerOwnerTest, IPv4MayBeInTheOtherTable) {
  const std::string table =
      "  sl\n   0: 0000000000000000FFFF00000100007F:9C40 "
      "0000000000000000FFFF00000100007F:1F4C 01 0:0 00:0 0 7 0 9 1\n"
      "   1: 00000000000000000000000001000000:0001 "
      "00000000000000000000000001000000:0002 01 0:0 00:0 0 8 0 9 1\n";
  EXPECT_EQ(OwnerIn(table, true, Loopback(0x9C40), Loopback(0x1F4C)), 7U);
  const std::string v6 = std::string(15, '\0') + '\1';
  EXPECT_EQ(OwnerIn(table, true, {.address = v6, .port = 1},
                    {.address = v6, .port = 2}),
            8U);
}

// A connection of this process to itself.
class OwnConnection {
 public:
  OwnConnection() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t bytes = sizeof(address);
    const bool connected = bind(listener_.get(), any, bytes) == 0 &&
                           listen(listener_.get(), 1) == 0 &&
                           getsockname(listener_.get(), any, &bytes) == 0 &&
                           connect(client_.get(), any, bytes) == 0;
    EXPECT_TRUE(connected);
    to_ = Loopback(ntohs(address.sin_port));
    EXPECT_EQ(getsockname(client_.get(), any, &bytes), 0);
    from_ = Loopback(ntohs(address.sin_port));
  }

  const SocketEnd& from() const { return from_; }
  const SocketEnd& to() const { return to_; }
  void HangUp() { client_.Reset(); }

 private:
  base::FileDescriptor listener_{socket(AF_INET, SOCK_STREAM, 0)};
  base::FileDescriptor client_{socket(AF_INET, SOCK_STREAM, 0)};
  SocketEnd from_;
  SocketEnd to_;
};

TEST(PeerOwnerTest, IsWhoHasItOpen) {
  OwnConnection connection;
  EXPECT_EQ(OwnerOf(connection.from(), connection.to()), geteuid());
  EXPECT_FALSE(OwnerOf(connection.from(), Loopback(1)));
  connection.HangUp();
  EXPECT_FALSE(OwnerOf(connection.from(), connection.to()));
}

TEST(PeerOwnerTest, TheKernelAnswersAboutOneSocket) {
  OwnConnection connection;
  const auto owner = DiagnoseOwner(connection.from(), connection.to());
  if (!owner) GTEST_SKIP() << "it does not: " << owner.error().message;
  EXPECT_EQ(*owner, geteuid());
  const auto none = DiagnoseOwner(connection.to(), Loopback(1));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(*none);
  EXPECT_FALSE(*DiagnoseOwner({.address = "four", .port = 1}, {}));
  connection.HangUp();
  const auto ended = DiagnoseOwner(connection.from(), connection.to());
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_FALSE(*ended);
}

std::string Lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    text += "    line number " + std::to_string(i * 7919) + "\n";
  }
  return text;
}

TEST(TextDocumentsTest, AnEditedTextIsTheSame) {
  TextDocuments documents;
  const std::string a = documents.NameOf(Lines(0, 100) + "x", Lines(100, 150));
  // Typing, a window that has moved, a jump.
  EXPECT_EQ(documents.NameOf(Lines(0, 100) + "xy", Lines(100, 150)), a);
  EXPECT_EQ(documents.NameOf(Lines(2, 100) + "new\n\ny", Lines(100, 152)), a);
  EXPECT_EQ(documents.NameOf(Lines(40, 120), Lines(120, 170)), a);
  EXPECT_EQ(documents.NameOf(Lines(0, 30), Lines(30, 80)), a);
  const std::string b = documents.NameOf(Lines(1000, 1100), "");
  EXPECT_NE(b, a);
  EXPECT_EQ(documents.NameOf(Lines(0, 100) + "z", Lines(100, 150)), a);
  EXPECT_EQ(documents.NameOf(Lines(1000, 1101), ""), b);
}

TEST(TextDocumentsTest, IsBoundedAndTakesAnything) {
  TextDocuments documents;
  EXPECT_EQ(documents.NameOf("", ""), documents.NameOf("def f", "\n"));
  const std::string first = documents.NameOf(Lines(0, 50), "");
  for (int i = 1; i < 200; ++i) {
    EXPECT_NE(documents.NameOf(Lines(i * 100, i * 100 + 50), ""), first);
  }
  EXPECT_NE(documents.NameOf(Lines(0, 50), ""), first);  // forgotten by now
  documents.NameOf(std::string(1 << 20, '\n'), std::string(1 << 20, 'x'));
}

class TokenFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "token-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(TokenFileTest, IsMadeOnceForTheUserAlone) {
  const std::filesystem::path file = folder_ / "a" / "token";
  const auto token = ReadOrMakeToken(file);
  ASSERT_TRUE(token);
  EXPECT_GE(token->size(), 64U);
  EXPECT_EQ(*ReadOrMakeToken(file), *token);
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_NE(*ReadOrMakeToken({}), *ReadOrMakeToken({}));
}

TEST_F(TokenFileTest, WhatOthersMayReadIsNoToken) {
  const std::filesystem::path file = folder_ / "token";
  std::ofstream(file) << "0123456789abcdef\n";
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  EXPECT_THAT(ReadOrMakeToken(file).error().message, HasSubstr("0600"));
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(*ReadOrMakeToken(file), "0123456789abcdef");
  for (const char* bad : {"", "short\n", "0123456789abcdef\nmore\n"}) {
    std::ofstream(file) << bad;
    EXPECT_THAT(ReadOrMakeToken(file).error().message, HasSubstr("expected"))
        << bad;
  }
  EXPECT_FALSE(ReadOrMakeToken(folder_));
}

}  // namespace
}  // namespace krait::daemon
