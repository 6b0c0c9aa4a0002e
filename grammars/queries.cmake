# Writes the query files into a C++ source, as string literals.
set(query_files
  c/imports.scm c/scopes.scm c/symbols.scm
  cpp/imports.scm cpp/scopes.scm cpp/symbols.scm
  csharp/imports.scm csharp/scopes.scm csharp/symbols.scm
  go/imports.scm go/scopes.scm go/symbols.scm
  java/imports.scm java/scopes.scm java/symbols.scm
  javascript/imports.scm javascript/scopes.scm javascript/symbols.scm
  json/scopes.scm json/symbols.scm
  jsx/scopes.scm
  lua/imports.scm lua/scopes.scm lua/symbols.scm
  php/imports.scm php/scopes.scm php/symbols.scm
  python/imports.scm python/scopes.scm python/symbols.scm
  ruby/imports.scm ruby/scopes.scm ruby/symbols.scm
  rust/imports.scm rust/scopes.scm rust/symbols.scm
  shell/imports.scm shell/scopes.scm shell/symbols.scm
  typescript/imports.scm typescript/scopes.scm typescript/symbols.scm)
set(KRAIT_QUERY_LITERALS "")
foreach(path IN LISTS query_files)
  set(file ${CMAKE_CURRENT_SOURCE_DIR}/queries/${path})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} source)
  string(APPEND KRAIT_QUERY_LITERALS
    "    {\"${path}\",\n     R\"scm(${source})scm\"},\n")
endforeach()
configure_file(tree_sitter/embedded_queries.cc.in embedded_queries.cc @ONLY)
