// SPDX-License-Identifier: Apache-2.0
// Edits of a document in positions of the three encodings, against a plain
// string. The input is a list of edits in bytes (see ReadChange); inserted
// texts may repeat, so that a short input makes a document of many chunks, and
// may be no UTF-8.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "lsp/document_store.h"
#include "lsp/position.h"
#include "lsp/text.h"
#include "tests/lsp/plain_text.h"

namespace krait::lsp {
namespace {

// Hands out the bytes of the input, zeros after its end.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  uint32_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string_view Bytes(size_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

ContentChange ReadChange(Input& input) {
  const uint32_t kind = input.Byte();
  ContentChange change;
  if (kind % 16 != 0) {
    Position start{.line = input.Byte() * (kind % 2 == 0 ? 1 : 64),
                   .character = input.Byte() * (kind % 4 == 0 ? 64 : 1)};
    Position end{.line = start.line + input.Byte() % (kind % 8 == 0 ? 256 : 2),
                 .character = input.Byte()};
    if (end < start) std::swap(start, end);
    change.range = Range{.start = start, .end = end};
  }
  const std::string_view piece = input.Bytes(input.Byte() % 16);
  const size_t repeats = kind >= 240 ? 1200 : 1;
  for (size_t i = 0; i < repeats; ++i) change.text += piece;
  return change;
}

void Expect(bool ok) {
  if (!ok) std::abort();
}

void CheckLines(const Text& text, const std::string& plain) {
  const std::vector<PlainLine> lines = PlainLines(plain);
  Expect(text.num_lines() == lines.size());
  for (size_t i = 0; i < lines.size(); i += 1 + lines.size() / 64) {
    Expect(text.LineStart(i) == lines[i].start);
    Expect(text.LineEnd(i) == lines[i].end);
    Expect(text.LineOf(lines[i].end) == i);
  }
}

void CheckPositions(const Text& text, const std::string& plain, size_t byte_ofs,
                    PositionEncoding encoding) {
  const Position position = ToPosition(text, byte_ofs, encoding);
  const size_t back = ToByteOffset(text, position, encoding);
  Expect(back <= text.size());
  if (!base::IsUtf8(plain)) return;
  Expect(position == PlainPosition(plain, byte_ofs, encoding));
  Expect(back == PlainByteOffset(plain, position, encoding));
  Expect(base::IsUtf8(text.TextBefore(back, 100)));
  Expect(base::IsUtf8(text.TextAfter(back, 100)));
}

void Run(Input input) {
  const auto encoding = static_cast<PositionEncoding>(input.Byte() % 3);
  DocumentStore store(encoding,
                      {.max_document_bytes = 1 << 16, .max_documents = 1});
  std::string plain;
  Expect(store.Open({.uri = "u", .language_id = "", .version = 0, .text = ""})
             .has_value());
  for (int32_t edit = 0; !input.empty() && edit < 32; ++edit) {
    const auto change = store.Change(
        {.uri = "u", .version = {}, .changes = {ReadChange(input)}});
    if (!change) continue;  // over the limit, and until the next full text
    if (change->before == nullptr) plain.assign(plain.size(), '?');
    for (const ByteEdit& byte_edit : change->edits) {
      if (change->before == nullptr) {
        plain = byte_edit.text;
        continue;
      }
      Expect(byte_edit.begin_ofs <= byte_edit.end_ofs &&
             byte_edit.end_ofs <= plain.size());
      plain.replace(byte_edit.begin_ofs,
                    byte_edit.end_ofs - byte_edit.begin_ofs, byte_edit.text);
    }
    const Text& text = change->after->text;
    Expect(text.ToString() == plain);
    // The plain way is slow: for large texts, at the end of the input only.
    if (plain.size() > 4096 && !input.empty()) continue;
    CheckLines(text, plain);
    const size_t byte_ofs = (input.Byte() * 257U) % (plain.size() + 1);
    CheckPositions(text, plain, byte_ofs, encoding);
  }
}

}  // namespace
}  // namespace krait::lsp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  krait::lsp::Run(krait::lsp::Input(
      std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}
