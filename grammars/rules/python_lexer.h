// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_PYTHON_LEXER_H_
#define KRAIT_GRAMMARS_RULES_PYTHON_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace krait::grammars {

enum class PythonTokenKind : uint8_t {
  kName,
  kKeyword,
  kNumber,
  kString,
  kFormatted,  // a string with replacement fields: f"", t""
  kBytes,
  kOperator,
  kBad,  // what no token begins with, or a string without its end
  kEnd,
};

struct PythonToken {
  PythonTokenKind kind = PythonTokenKind::kEnd;
  std::string_view text;

  // Asked a dozen times of a token, so that most answers look at one byte.
  bool Is(std::string_view wanted) const {
    return (kind == PythonTokenKind::kOperator ||
            kind == PythonTokenKind::kKeyword) &&
           text.front() == wanted.front() && text == wanted;
  }
  bool IsString() const {
    return kind == PythonTokenKind::kString ||
           kind == PythonTokenKind::kFormatted ||
           kind == PythonTokenKind::kBytes;
  }
};

// A line as the language counts them: to the first line end outside of
// brackets and strings.
struct PythonLine {
  size_t begin_ofs = 0;  // of its first token
  size_t end_ofs = 0;    // behind its last token, or of the text if it is open
  // The width of its indentation with tabs to multiples of 8, and with tabs as
  // wide as a space: only if both agree are two indentations comparable.
  size_t columns = 0;
  size_t narrow_columns = 0;
  std::vector<PythonToken> tokens;  // the last is kEnd
  // A bracket or a string has no end, so that it took what follows for its own.
  bool open = false;
};

// Cuts a text into lines of tokens, views into the text. Never fails.
//
// A bracket that nothing closes ends before a line that begins with a word that
// only statements begin with, so that it does not swallow the rest of a file.
class PythonLexer {
 public:
  explicit PythonLexer(std::string_view text) : text_(text) {}

  // Returns false at the end.
  bool Next(PythonLine* line);

  // Cuts `text` as if it stood in brackets.
  static std::vector<PythonToken> Inside(std::string_view text);

 private:
  bool SkipToContent(PythonLine* line);
  void ReadLine(PythonLine* line);
  // Returns whether the line goes on behind the line end at the cursor.
  bool PassLineEnd(PythonLine* line);
  void ReadToken(PythonLine* line);
  bool ReadString(PythonLine* line);
  void ReadWord(PythonLine* line);
  void ReadOperator(PythonLine* line);
  void Add(PythonTokenKind kind, size_t size, PythonLine* line);

  std::string_view text_;
  size_t ofs_ = 0;
  std::string open_;  // brackets
  bool always_inside_ = false;
};

// What stands in the braces of a formatted string.
struct ReplacementField {
  std::string_view expression;
  std::string_view format;  // behind the colon: may hold fields, too
};

// Returns the fields of a string's inside, or of a field's format. False: a
// brace has no other.
bool FindFields(std::string_view inside, std::vector<ReplacementField>* fields);

// Returns what is between the quotes of a string token.
std::string_view InsideOfString(std::string_view token);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_PYTHON_LEXER_H_
