# Writes the query files into a C++ source, as string literals.
file(GLOB query_files CONFIGURE_DEPENDS
  RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}/queries
  ${CMAKE_CURRENT_SOURCE_DIR}/queries/*/*.scm)
set(KRAIT_QUERY_LITERALS "")
foreach(path IN LISTS query_files)
  set(file ${CMAKE_CURRENT_SOURCE_DIR}/queries/${path})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} source)
  string(APPEND KRAIT_QUERY_LITERALS
    "    {\"${path}\",\n     R\"scm(${source})scm\"},\n")
endforeach()
configure_file(tree_sitter/embedded_queries.cc.in embedded_queries.cc @ONLY)
