// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/generated_source.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace krait::daemon {
namespace {

constexpr std::array<std::string_view, 24> kNouns = {
    "account", "archive", "batch",   "buffer", "channel", "client",
    "column",  "cursor",  "entry",   "event",  "frame",   "handler",
    "index",   "limit",   "message", "packet", "parser",  "record",
    "request", "result",  "session", "stream", "token",   "worker"};
constexpr std::array<std::string_view, 16> kVerbs = {
    "append",  "build",  "collect", "convert", "decode", "filter",
    "find",    "format", "load",    "merge",   "read",   "remove",
    "resolve", "split",  "update",  "write"};

class Writer {
 public:
  Writer(uint32_t seed, size_t lines) : random_(seed), lines_(lines) {}

  std::string Write() {
    Line("import collections");
    Line("import os");
    while (!full()) {
      Line("");
      if (Pick(3) == 0) {
        Class();
      } else {
        Function(0);
      }
    }
    return std::move(text_);
  }

 private:
  bool full() const { return written_ == lines_; }

  void Line(std::string_view line) {
    if (full()) return;
    text_ += line;
    text_ += '\n';
    ++written_;
  }

  void Indented(size_t depth, std::string_view line) {
    Line(std::string(4 * depth, ' ').append(line));
  }

  // Not std::uniform_int_distribution: that differs between libraries.
  size_t Pick(size_t below) { return random_() % below; }
  std::string_view Noun() { return kNouns[Pick(kNouns.size())]; }
  std::string_view Verb() { return kVerbs[Pick(kVerbs.size())]; }

  void Class() {
    std::string name(Noun());
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    Line(fmt::format("class {}{}:", name, Pick(1000)));
    Indented(1, fmt::format("\"\"\"Keeps every {} of one {}.\"\"\"", Noun(),
                            Noun()));
    for (size_t i = 2 + Pick(4); i > 0; --i) {
      Line("");
      Function(1);
    }
  }

  void Function(size_t depth) {
    const std::string_view argument = Noun();
    Indented(depth, fmt::format("def {}_{}_{}({}{}, {}=None):", Verb(), Noun(),
                                Pick(1000), depth > 0 ? "self, " : "", argument,
                                "default"));
    Indented(depth + 1, fmt::format("\"\"\"Returns the {} that belongs to the "
                                    "{}.\"\"\"",
                                    Noun(), argument));
    Indented(depth + 1,
             fmt::format("values = collections.deque({})", argument));
    for (size_t i = 3 + Pick(10); i > 0; --i) Statement(depth + 1);
    Indented(depth + 1,
             fmt::format("return {}_values(values, default)", Verb()));
  }

  void Statement(size_t depth) {
    const std::string_view noun = Noun();
    switch (Pick(5)) {
      case 0:
        Indented(depth, fmt::format("for {} in values:", noun));
        Indented(depth + 1, fmt::format("{}_{}({}, limit={})", Verb(), Noun(),
                                        noun, Pick(100)));
        break;
      case 1:
        Indented(depth, fmt::format("if len(values) > {}:", Pick(100)));
        Indented(depth + 1,
                 fmt::format("raise ValueError('too many of {}')", noun));
        break;
      case 2:
        Indented(depth, fmt::format("{} = os.path.join('{}', str(values))",
                                    noun, Noun()));
        break;
      case 3:
        Indented(depth,
                 fmt::format("# The {} is done before the {}.", noun, Noun()));
        [[fallthrough]];
      default:
        Indented(depth, fmt::format("{} = {}_{}(values, offset={})", noun,
                                    Verb(), Noun(), Pick(1000)));
    }
  }

  std::mt19937 random_;
  size_t lines_;
  size_t written_ = 0;
  std::string text_;
};

}  // namespace

std::string GenerateSource(uint32_t seed, size_t lines) {
  return Writer(seed, lines).Write();
}

}  // namespace krait::daemon
