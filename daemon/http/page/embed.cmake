# Writes a C++ source with the files HTML, SCRIPT, STYLE and ICON in it: OUT.
set(text "// SPDX-License-Identifier: Apache-2.0
// Written by daemon/http/page/embed.cmake.
#include \"daemon/http/embedded_page.h\"

namespace krait::daemon {

const EmbeddedPage kEmbeddedPage = {\n")
foreach(part IN ITEMS html script style icon)
  string(TOUPPER ${part} name)
  file(READ ${${name}} content)
  string(APPEND text "    .${part} = R\"krait_page(${content})krait_page\",\n")
endforeach()
string(APPEND text "};\n\n}  // namespace krait::daemon\n")
file(WRITE ${OUT} "${text}")
