// SPDX-License-Identifier: Apache-2.0
// What finding the context of a completion takes in an index that there is:
//   bench_contexts INDEX ROOT EXTENSION [PLACES]
// at places in files of ROOT, first when nothing is known of what they import,
// then again. `krait index` makes the index; it says where.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/repository/context_finder.h"
#include "grammars/language.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

struct Place {
  std::string path;
  std::string before;
  std::string after;
};

std::vector<Place> PlacesIn(const fs::path& root, const std::string& extension,
                            size_t count) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::mt19937 random(1);
  std::ranges::shuffle(files, random);
  std::vector<Place> places;
  for (const fs::path& file : files) {
    if (places.size() == count) break;
    std::ifstream stream(file);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    if (text.empty()) continue;
    const size_t cursor = text.size() / 4 + random() % (text.size() / 2 + 1);
    places.push_back({.path = fs::relative(file, root).string(),
                      .before = text.substr(0, cursor),
                      .after = text.substr(cursor)});
  }
  return places;
}

// Prints the median and the 99th percentile of the milliseconds.
void Measure(const char* what, const std::vector<Place>& places,
             ContextFinder* finder) {
  std::vector<double> took;
  size_t pieces = 0;
  for (const Place& place : places) {
    const grammars::Language* const language =
        grammars::LanguageOfPath(place.path);
    const auto begin = std::chrono::steady_clock::now();
    const auto found =
        finder->Find({.path = place.path,
                      .language = language == nullptr ? "" : language->name,
                      .before = place.before,
                      .after = place.after,
                      .most_bytes = 1536});
    const std::chrono::duration<double, std::milli> ms =
        std::chrono::steady_clock::now() - begin;
    took.push_back(ms.count());
    if (found) pieces += found->pieces().size();
  }
  std::ranges::sort(took);
  std::printf("%-6s %zu places, %zu pieces: median %.2f ms, p99 %.2f ms\n",
              what, took.size(), pieces, took[took.size() / 2],
              took[took.size() * 99 / 100]);
}

int Run(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "bench_contexts INDEX ROOT EXTENSION [PLACES]\n");
    return 2;
  }
  const fs::path root = argv[2];
  auto finder = ContextFinder::Open(argv[1], root, FileChoice());
  if (!finder) {
    std::fprintf(stderr, "%s\n", finder.error().message.c_str());
    return 1;
  }
  const size_t count = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 400;
  const auto places = PlacesIn(root, argv[3], count);
  if (places.empty()) return 1;
  Measure("first", places, &*finder);
  Measure("again", places, &*finder);
  return 0;
}

}  // namespace
}  // namespace krait::repository

int main(int argc, char** argv) {
  return krait::repository::Run(argc, argv);
}
