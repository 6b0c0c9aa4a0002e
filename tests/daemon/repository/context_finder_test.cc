// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/context_finder.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/repository/indexer.h"
#include "tests/daemon/repository/repository_testing.h"

namespace krait::repository {
namespace {

using completion::ContextPiece;
using completion::ContextReason;
using completion::RepositoryContext;

class ContextFinderTest : public RepositoryTest {
 protected:
  void Index() {
    const IndexOptions options{.index = folder_ / "a.index", .root = root_};
    const auto report = UpdateIndex(options);
    ASSERT_TRUE(report) << report.error().message;
  }
  RepositoryContext Find(const std::string& path, const std::string& before,
                         std::vector<ContextPiece> edited = {},
                         size_t most_bytes = 3000,
                         FileChoice choice = FileChoice()) {
    auto finder =
        ContextFinder::Open(folder_ / "a.index", root_, std::move(choice));
    EXPECT_TRUE(finder) << finder.error().message;
    auto found = finder->Find({.path = path,
                               .language = "python",
                               .before = before,
                               .edited = std::move(edited),
                               .most_bytes = most_bytes});
    EXPECT_TRUE(found) << found.error().message;
    return std::move(*found);
  }
  static const ContextPiece* PieceOf(const RepositoryContext& context,
                                     const std::string& path) {
    for (const ContextPiece& piece : context.pieces()) {
      if (piece.path == path) return &piece;
    }
    return nullptr;
  }

  // A repository in which a file uses what another declares.
  void WriteProject() {
    Write("shop/cart.py",
          "class Cart:\n"
          "    def add_article(self, article, count=1):\n"
          "        self.articles.append((article, count))\n"
          "\n"
          "    def clear(self):\n"
          "        self.articles = []\n"
          "\n"
          "def unrelated_thing(a):\n"
          "    return a\n");
    Write("shop/other.py", "def nothing_here():\n    return 1\n");
    Write("shop/rebates.py",
          "def rebate_of(article, customer_group):\n"
          "    return customer_group.rebates.get(article, 0)\n");
    Write("shop/main.py",
          "from shop.cart import Cart\n\ncart = Cart()\ncart.\n");
  }
};

TEST_F(ContextFinderTest, HasWhatTheFileImportsAndNames) {
  WriteProject();
  Index();
  const auto context =
      Find("shop/main.py",
           "from shop.cart import Cart\n\ncart = Cart()\ncart.add_article(");
  const ContextPiece* const cart = PieceOf(context, "shop/cart.py");
  ASSERT_NE(cart, nullptr);
  EXPECT_EQ(cart->reason, ContextReason::kDeclared);
  EXPECT_EQ(cart->text,
            "class Cart:\n"
            "    def add_article(self, article, count=1):\n");
  EXPECT_EQ(PieceOf(context, "shop/other.py"), nullptr);
}

TEST_F(ContextFinderTest, HasWhatIsNamedWithoutAnImport) {
  WriteProject();
  Index();
  const auto context =
      Find("shop/new.py", "def total(article):\n    return rebate_of(");
  const ContextPiece* const rebates = PieceOf(context, "shop/rebates.py");
  ASSERT_NE(rebates, nullptr);
  EXPECT_EQ(rebates->text, "def rebate_of(article, customer_group):\n");
}

TEST_F(ContextFinderTest, OfAnImportWithoutNamesItHasAll) {
  WriteProject();
  Index();
  const auto context = Find("shop/new.py", "from shop import rebates\n\nx = ");
  const ContextPiece* const rebates = PieceOf(context, "shop/rebates.py");
  ASSERT_NE(rebates, nullptr);
  EXPECT_EQ(rebates->text, "def rebate_of(article, customer_group):\n");
}

TEST_F(ContextFinderTest, HasThePlaceWithTheRarestWords) {
  WriteProject();
  Write("shop/invoice.py",
        "def print_invoice(cart):\n"
        "    for voucher_line in cart.voucher_lines:\n"
        "        emit_voucher(voucher_line, cart.currency_symbol)\n");
  Write("shop/unlike.py", "def emit_voucher(a, b):\n    return a\n");
  for (int i = 0; i < 20; ++i) {
    Write("shop/many" + std::to_string(i) + ".py",
          "def many(cart):\n    return cart\n");
  }
  Index();
  const auto context = Find("shop/new.py",
                            "def print_receipt(cart):\n"
                            "    for voucher_line in cart.voucher_lines:\n"
                            "        emit_voucher(");
  const ContextPiece* const invoice = PieceOf(context, "shop/invoice.py");
  ASSERT_NE(invoice, nullptr);
  EXPECT_EQ(invoice->reason, ContextReason::kSimilar);
  EXPECT_NE(invoice->text.find("emit_voucher(voucher_line, "),
            std::string::npos);
}

// What it remembers of terms and files is of these as they are.
TEST_F(ContextFinderTest, AFinderThatIsKeptSeesWhatChanges) {
  WriteProject();
  Index();
  auto finder = ContextFinder::Open(folder_ / "a.index", root_, FileChoice());
  ASSERT_TRUE(finder) << finder.error().message;
  const ContextQuestion question{
      .path = "shop/new.py",
      .language = "python",
      .before = "for voucher_line in cart.voucher_lines:\n    emit_voucher(",
      .most_bytes = 3000};
  const auto shows = [&](const std::string& path) {
    const auto found = finder->Find(question);
    EXPECT_TRUE(found) << found.error().message;
    return PieceOf(*found, path) != nullptr;
  };
  EXPECT_FALSE(shows("shop/invoice.py"));
  const std::string invoice =
      "def print_invoice(cart):\n"
      "    for voucher_line in cart.voucher_lines:\n"
      "        emit_voucher(voucher_line)\n";
  Write("shop/invoice.py", invoice);
  Write("shop/copies.py", invoice + "# a copy\n");
  Index();
  EXPECT_TRUE(shows("shop/invoice.py"));
  // Of the same size and time, as a clock with large ticks has it.
  const auto file = root_ / "shop/invoice.py";
  const auto time = std::filesystem::last_write_time(file);
  const std::string key = "# -----BEGIN RSA " +
                          std::string("PRIVATE KEY-----\n") +
                          std::string(64, 'M') + "\n";
  const std::string newlines(key.size(), '\n');
  Write("shop/invoice.py", invoice + newlines);
  std::filesystem::last_write_time(file, time);
  EXPECT_TRUE(shows("shop/invoice.py"));
  Write("shop/invoice.py", invoice + key);
  std::filesystem::last_write_time(file, time);
  EXPECT_FALSE(shows("shop/invoice.py"));
}

TEST_F(ContextFinderTest, NeverHasItsOwnFile) {
  WriteProject();
  Index();
  const auto context = Find(
      "shop/cart.py",
      "class Cart:\n    def add_article(self, article, count=1):\n        ");
  EXPECT_EQ(PieceOf(context, "shop/cart.py"), nullptr);
}

TEST_F(ContextFinderTest, ItsOrderDoesNotDependOnThePlace) {
  WriteProject();
  Index();
  const std::string head = "from shop.cart import Cart\n";
  const auto one = Find("shop/new.py", head + "a = Cart()\nrebate_of(");
  const auto other = Find("shop/new.py", head + "rebate_of(1)\na = Cart(");
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
  EXPECT_NE(one.fingerprint(), 0U);
}

TEST_F(ContextFinderTest, WhatMayNotBeReadAnyMoreIsLeftOut) {
  WriteProject();
  Index();
  const std::string before = "from shop.cart import Cart\ncart = Cart(";
  ASSERT_NE(PieceOf(Find("shop/main.py", before), "shop/cart.py"), nullptr);
  // The index still knows it.
  completion::FileRules rules;
  ASSERT_TRUE(rules.Join({"cart.py"}));
  EXPECT_EQ(PieceOf(Find("shop/main.py", before, {}, 3000, FileChoice(rules)),
                    "shop/cart.py"),
            nullptr);
  Write("shop/cart.py", "class Cart:\n    key = \"\"\"-----BEGIN RSA " +
                            std::string("PRIVATE KEY-----\n") +
                            std::string(64, 'M') + "\n\"\"\"\n");
  EXPECT_EQ(PieceOf(Find("shop/main.py", before), "shop/cart.py"), nullptr);
}

TEST_F(ContextFinderTest, EditsComeBeforeTheRestButNoSecrets) {
  WriteProject();
  Index();
  const ContextPiece edit{.path = "shop/rebates.py",
                          .text = "def new_rebate():\n",
                          .begin_line = 7};
  const ContextPiece secret{
      .path = "shop/.env", .text = "PASSWORD=x\n", .begin_line = 1};
  const auto context = Find("shop/main.py", "x = ", {edit, secret});
  const ContextPiece* const edited = PieceOf(context, "shop/rebates.py");
  ASSERT_NE(edited, nullptr);
  EXPECT_EQ(edited->reason, ContextReason::kEdited);
  EXPECT_EQ(edited->text, "def new_rebate():\n");
  EXPECT_EQ(PieceOf(context, "shop/.env"), nullptr);
}

TEST_F(ContextFinderTest, KeepsToItsBudget) {
  WriteProject();
  Index();
  const std::string before =
      "from shop.cart import Cart\nfrom shop import rebates\n"
      "cart = Cart()\nrebate_of(cart.add_article(";
  size_t bytes = 0;
  const auto context = Find("shop/main.py", before, {}, 80);
  for (const ContextPiece& piece : context.pieces()) bytes += piece.text.size();
  EXPECT_LE(bytes, 80U);
  EXPECT_GT(bytes, 0U);
  EXPECT_TRUE(Find("shop/main.py", before, {}, 0).empty());
}

TEST_F(ContextFinderTest, AFileThatIsGoneIsNotShown) {
  WriteProject();
  Index();
  std::filesystem::remove(root_ / "shop/cart.py");
  EXPECT_EQ(PieceOf(Find("shop/main.py", "from shop.cart import Cart\nCart("),
                    "shop/cart.py"),
            nullptr);
}

TEST_F(ContextFinderTest, WithoutAnIndexThereIsAnError) {
  const auto finder =
      ContextFinder::Open(folder_ / "none.index", root_, FileChoice());
  ASSERT_FALSE(finder);
  EXPECT_EQ(finder.error().code, base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace krait::repository
