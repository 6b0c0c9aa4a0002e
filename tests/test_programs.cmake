# Tests of a folder are one program: most of what a test costs to compile are the
# headers and what the templates in them come to, which its neighbours share,
# above all where sources are compiled together (CMAKE_UNITY_BUILD). To CTest each
# file is a test of its own, run in a process of its own.

# The programs with tests that more than one thread runs, for ThreadSanitizer; and
# all of them with what they need, which the command line is not part of.
add_custom_target(krait_thread_tests)
add_custom_target(krait_unit_tests)

# The program of a path's folder, at most two folders deep, and of the library
# that is tested: engine_file_tests, daemon_completion_threads_tests.
function(krait_test_program path library labels out)
  get_filename_component(folder ${path} DIRECTORY)
  string(REGEX REPLACE "^([^/]+/[^/]+)/.*$" "\\1" folder ${folder})
  string(REPLACE "/" "_" name ${folder})
  string(REPLACE "krait_" "" library ${library})
  if(NOT folder MATCHES "${library}")
    string(APPEND name "_with_${library}")
  endif()
  if("threads" IN_LIST labels)
    string(APPEND name "_threads")
  endif()
  set(${out} ${name}_tests PARENT_SCOPE)
endfunction()

# GoogleTest's filter for the tests of a source. A suite is in one file only, or
# two files' tests would run together.
function(krait_test_filter program source out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} lines REGEX "^(TYPED_)?TEST(_F|_P)?\\(")
  list(TRANSFORM lines REPLACE "^[A-Z_]+\\(([A-Za-z0-9_]+).*$" "\\1" OUTPUT_VARIABLE suites)
  list(REMOVE_DUPLICATES suites)
  if(NOT suites)
    message(FATAL_ERROR "${source}: there is no test in it")
  endif()
  get_property(others TARGET ${program} PROPERTY KRAIT_SUITES)
  foreach(suite IN LISTS suites)
    if(suite IN_LIST others)
      message(FATAL_ERROR
        "${source}: another file of ${program} has a suite ${suite}, too")
    endif()
    list(APPEND filter ${suite}.* */${suite}.* ${suite}/*)
  endforeach()
  set_property(TARGET ${program} APPEND PROPERTY KRAIT_SUITES ${suites})
  list(JOIN filter ":" filter)
  set(${out} ${filter} PARENT_SCOPE)
endfunction()

# krait_add_test(engine/file/gguf LIBS krait_engine) compiles
# engine/file/gguf_test.cc into engine_file_tests and registers it.
function(krait_add_test path)
  cmake_parse_arguments(ARG "" "" "LIBS;LABELS" ${ARGN})
  list(GET ARG_LIBS 0 library)
  krait_test_program(${path} ${library} "${ARG_LABELS}" program)
  set(source ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${path}_test.cc)
  if(NOT TARGET ${program})
    add_executable(${program})
    target_link_libraries(${program} PRIVATE krait_test_flags krait_test_main)
    target_precompile_headers(${program} REUSE_FROM krait_test_main)
    add_dependencies(krait_unit_tests ${program})
    if("threads" IN_LIST ARG_LABELS)
      add_dependencies(krait_thread_tests ${program})
    endif()
  endif()
  target_sources(${program} PRIVATE ${source})
  target_link_libraries(${program} PRIVATE ${ARG_LIBS})
  krait_test_filter(${program} ${source} filter)
  add_test(NAME ${path} COMMAND ${program} --gtest_filter=${filter})
  set_tests_properties(${path} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 300)
  if("threads" IN_LIST ARG_LABELS)
    # Their workers spin: two of these at once would wait for each other.
    set_tests_properties(${path} PROPERTIES PROCESSORS 2)
  endif()
endfunction()
