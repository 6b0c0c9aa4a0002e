// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/npy.h"

#include <fmt/format.h>

#include <bit>
#include <string>

#include "daemon/text_file.h"

namespace krait::daemon {

static_assert(std::endian::native == std::endian::little,
              "WriteNpy copies floats as they lie in memory");

base::Status WriteNpy(const std::filesystem::path& path,
                      std::span<const size_t> shape,
                      std::span<const float> values) {
  std::string dims;
  for (const size_t dim : shape) dims += fmt::format("{}, ", dim);
  std::string header = fmt::format(
      "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", dims);
  // Magic (6), version (2) and header length (2) come before; the whole is a
  // multiple of 64 and ends with a newline.
  constexpr size_t kBefore = 10;
  header.append(63 - (kBefore + header.size()) % 64, ' ');
  header += '\n';

  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\x00';
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()),
               values.size_bytes());
  return WriteBytes(path, bytes);
}

}  // namespace krait::daemon
