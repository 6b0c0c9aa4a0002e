// SPDX-License-Identifier: Apache-2.0
#include "grammars/rules/python_literals.h"

namespace krait::grammars {
namespace {

bool IsDecimal(std::string_view digits) {
  // Digits with single underscores between them.
  if (digits.empty() || digits.back() == '_' || digits.front() == '_') {
    return false;
  }
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool digit = digits[i] >= '0' && digits[i] <= '9';
    if (!digit && (digits[i] != '_' || digits[i - 1] == '_')) return false;
  }
  return true;
}

bool AreHex(std::string_view digits, size_t count) {
  return digits.size() == count &&
         digits.find_first_not_of("0123456789abcdefABCDEF") ==
             std::string_view::npos;
}

}  // namespace

bool IsPythonNumber(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' &&
      std::string_view("xXoObB").find(text[1]) != std::string_view::npos) {
    const char base = static_cast<char>(text[1] | 0x20);
    const std::string_view digits = base == 'x'   ? "0123456789abcdefABCDEF_"
                                    : base == 'o' ? "01234567_"
                                                  : "01_";
    return text.find_first_not_of(digits, 2) == std::string_view::npos &&
           text.back() != '_';
  }
  const bool imaginary = (text.back() | 0x20) == 'j';
  if (imaginary) text.remove_suffix(1);
  const size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('+') || power.starts_with('-')) {
      power.remove_prefix(1);
    }
    if (!IsDecimal(power)) return false;
    text = text.substr(0, exponent);
  }
  const size_t point = text.find('.');
  if (point == std::string_view::npos) {
    const bool zeros = text.find_first_not_of("0_") == std::string_view::npos;
    const bool octal = text.starts_with('0') && !zeros && !imaginary &&
                       exponent == std::string_view::npos;
    return IsDecimal(text) && !octal;
  }
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(point + 1);
  return (whole.empty() || IsDecimal(whole)) &&
         (fraction.empty() || IsDecimal(fraction)) &&
         whole.size() + fraction.size() > 0;
}

bool EscapesAreWhole(const PythonToken& token) {
  const std::string_view text = token.text;
  const size_t quote = text.find_first_of("\"'");
  const bool bytes = token.kind == PythonTokenKind::kBytes;
  if (text.substr(0, quote).find_first_of("rR") != std::string_view::npos) {
    return true;
  }
  for (size_t i = text.find('\\'); i < text.size() - 1;
       i = text.find('\\', i + 2)) {
    const char kind = text[i + 1];
    const size_t digits = kind == 'x'   ? 2
                          : bytes       ? 0
                          : kind == 'u' ? 4
                          : kind == 'U' ? 8
                                        : 0;
    if (!AreHex(text.substr(i + 2, digits), digits)) return false;
    if (kind == 'N' && !bytes && text.substr(i + 2, 1) != "{") return false;
  }
  return true;
}

}  // namespace krait::grammars
