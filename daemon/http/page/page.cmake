# The page for people that `krait serve` shows, bundled by esbuild from src/ when
# that changes, and embedded. esbuild and the libraries that are bundled come
# from npm, pinned by package-lock.json, by fetch.sh before the build.
option(KRAIT_PAGE "Serve a page for people at /; without, none" ON)
if(NOT KRAIT_PAGE)
  target_sources(krait_daemon PRIVATE http/no_page.cc)
  return()
endif()

set(KRAIT_PAGE_PACKAGES_DIR ${PROJECT_SOURCE_DIR}/build/page CACHE PATH
    "Where daemon/http/page/fetch.sh put what the page is bundled with")
set(page ${CMAKE_CURRENT_LIST_DIR})
unset(page_hashes)
foreach(lock IN ITEMS ${page}/package-lock.json
                      ${KRAIT_PAGE_PACKAGES_DIR}/package-lock.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${lock})
  set(hash missing)
  if(EXISTS ${lock})
    file(SHA256 ${lock} hash)
  endif()
  list(APPEND page_hashes ${hash})
endforeach()
list(REMOVE_DUPLICATES page_hashes)
list(LENGTH page_hashes num_page_hashes)
if(NOT num_page_hashes EQUAL 1)
  message(FATAL_ERROR
    "What the page is bundled with is missing in ${KRAIT_PAGE_PACKAGES_DIR} or "
    "not of the versions in daemon/http/page/package-lock.json. Run './dev "
    "setup page' (it fetches it with npm), or configure with -DKRAIT_PAGE=OFF "
    "to build without the page.")
endif()

file(GLOB page_sources CONFIGURE_DEPENDS ${page}/src/*)
set(bundle ${CMAKE_CURRENT_BINARY_DIR}/page)
set(icon ${PROJECT_SOURCE_DIR}/editors/vscode/images/icon.svg)
add_custom_command(
  OUTPUT ${bundle}/embedded_page.cc
  COMMAND ${page}/bundle.sh ${KRAIT_PAGE_PACKAGES_DIR} ${bundle}
  COMMAND ${CMAKE_COMMAND} -DHTML=${page}/src/index.html
          -DSCRIPT=${bundle}/page.js -DSTYLE=${bundle}/page.css -DICON=${icon}
          -DOUT=${bundle}/embedded_page.cc -P ${page}/embed.cmake
  DEPENDS ${page_sources} ${page}/bundle.sh ${page}/embed.cmake ${icon}
          ${page}/package-lock.json
  COMMENT "Bundling the page" VERBATIM)
target_sources(krait_daemon PRIVATE ${bundle}/embedded_page.cc)
