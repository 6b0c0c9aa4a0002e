# The tree-sitter runtime and one generated parser per language: C sources that
# fetch.sh brought from npm, pinned by package-lock.json.
set(KRAIT_GRAMMARS_DIR ${PROJECT_SOURCE_DIR}/build/grammars CACHE PATH
    "Where grammars/fetch.sh put the tree-sitter sources")
foreach(lock IN ITEMS ${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json
                      ${KRAIT_GRAMMARS_DIR}/package-lock.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lock})
  set(hash missing)
  if(EXISTS ${lock})
    file(SHA256 ${lock} hash)
  endif()
  list(APPEND lock_hashes ${hash})
endforeach()
list(REMOVE_DUPLICATES lock_hashes)
list(LENGTH lock_hashes num_lock_hashes)
if(NOT num_lock_hashes EQUAL 1)
  message(FATAL_ERROR
    "The tree-sitter grammars in ${KRAIT_GRAMMARS_DIR} are missing or not of "
    "the versions in grammars/package-lock.json. Run './dev setup grammars' "
    "(it fetches them with npm), or configure with -DKRAIT_TREE_SITTER=OFF to "
    "build without syntax trees.")
endif()

# Whatever the packages bring; the lock file configures anew.
file(GLOB parser_folders RELATIVE ${KRAIT_GRAMMARS_DIR}
     ${KRAIT_GRAMMARS_DIR}/*/src/parser.c ${KRAIT_GRAMMARS_DIR}/*/*/src/parser.c)
list(TRANSFORM parser_folders REPLACE "/src/parser.c$" "")
set(runtime_folder ${KRAIT_GRAMMARS_DIR}/tree-sitter/vendor/tree-sitter/lib)

# Each parser includes its own version of tree_sitter/parser.h, so each is a
# target of its own; the archive joins their objects.
add_library(krait_parsers STATIC ${runtime_folder}/src/lib.c)
target_include_directories(krait_parsers
  SYSTEM PUBLIC ${runtime_folder}/include PRIVATE ${runtime_folder}/src)
target_compile_definitions(krait_parsers
  PRIVATE _DEFAULT_SOURCE _POSIX_C_SOURCE=200112L)
target_compile_options(krait_parsers PRIVATE -w -O2)
target_link_libraries(krait_parsers PRIVATE krait_hardening krait_checks)
foreach(folder IN LISTS parser_folders)
  string(MAKE_C_IDENTIFIER ${folder} name)
  set(source ${KRAIT_GRAMMARS_DIR}/${folder}/src)
  add_library(${name} OBJECT ${source}/parser.c)
  if(EXISTS ${source}/scanner.c)
    target_sources(${name} PRIVATE ${source}/scanner.c)
  endif()
  target_include_directories(${name} SYSTEM PRIVATE ${source})
  # Tables for the most part: more optimisation costs time and wins nothing.
  target_compile_options(${name} PRIVATE -w -O1 -g0)
  target_link_libraries(${name} PRIVATE krait_hardening krait_checks)
  target_sources(krait_parsers PRIVATE $<TARGET_OBJECTS:${name}>)
endforeach()
