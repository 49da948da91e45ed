# fithome_library(chip SOURCES a.cc b.cc LINKS fithome::base)   one library a folder: fithome::chip
#   with HOT: tests run it for days of its time, so it is optimized whatever the preset says
#   with COLD: what a person asks for now and then; in a house it is to be small before it is quick
# fithome_test(chip_test SOURCES a_test.cc LINKS fithome::chip)  one program of tests, cases found by ctest;
#   LABELS unit (unless told) property fault e2e spidev; with `threads` too it is run under TSan as well
# fithome_fuzz(config SOURCES config_fuzz.cc LINKS fithome::app)  a fuzzer with clang (FITHOME_FUZZ), else a test
#   that replays tests/fuzz/corpus/config
find_program(CCACHE ccache)
if(CCACHE)
  # Without this it would not keep what is built with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

# What every target of ours is built with; third-party headers are SYSTEM and stay quiet.
add_library(fithome_options INTERFACE)
target_compile_options(fithome_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor $<$<BOOL:${FITHOME_WERROR}>:-Werror>
  # For ccache.
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>
  # Of a unity build (the presets), GCC takes the sources for headers.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
target_include_directories(fithome_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(FITHOME_FUZZ)
  target_compile_options(fithome_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(FITHOME_SANITIZE)
  target_compile_options(fithome_options INTERFACE -fsanitize=${FITHOME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(fithome_options INTERFACE -fsanitize=${FITHOME_SANITIZE})
endif()

# fithome_precompiled(NAME LINKS... HEADERS...): headers that most sources include, read once for them all.
# Not in a release build, where GCC's warnings need the headers themselves. It finds the includes that are missing.
function(fithome_precompiled name)
  cmake_parse_arguments(arg "" "" "LINKS;HEADERS" ${ARGN})
  if(CMAKE_BUILD_TYPE MATCHES "^Rel")
    return()
  endif()
  set(empty ${CMAKE_BINARY_DIR}/generated/${name}.cc)
  file(CONFIGURE OUTPUT ${empty} CONTENT "// Nothing: CMake asks for a source.\n")
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE fithome_options ${arg_LINKS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

# fithome_use_precompiled(TARGET NAME)
function(fithome_use_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

set(fithome_headers <fmt/format.h> <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <expected> <filesystem>
  <fstream> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <thread> <utility> <vector>)
fithome_precompiled(fithome_pch LINKS fmt::fmt Threads::Threads HEADERS ${fithome_headers})
if(FITHOME_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  include(GoogleTest)
  fithome_precompiled(fithome_test_pch LINKS fmt::fmt Threads::Threads GTest::gtest
    HEADERS ${fithome_headers} <gtest/gtest.h>)
endif()

function(fithome_library name)
  cmake_parse_arguments(arg "HOT;COLD" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(fithome_${name} STATIC ${arg_SOURCES})
  add_library(fithome::${name} ALIAS fithome_${name})
  target_link_libraries(fithome_${name} PUBLIC ${arg_LINKS} PRIVATE fithome_options ${arg_PRIVATE_LINKS})
  target_include_directories(fithome_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  if(arg_COLD AND CMAKE_BUILD_TYPE MATCHES "^Rel")
    target_compile_options(fithome_${name} PRIVATE -Os)
  endif()
  if(arg_HOT AND CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(fithome_${name} PRIVATE -O1)  # so without the precompiled headers, which are of -O0
  else()
    fithome_use_precompiled(fithome_${name} fithome_pch)
  endif()
endfunction()

# The programs that TSan watches: built by themselves in the tsan preset.
add_custom_target(thread_tests)
# The fuzzers, or what replays their corpora.
add_custom_target(fuzz_targets)

function(fithome_test name)
  if(NOT FITHOME_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE fithome_options ${arg_LINKS} GTest::gtest GTest::gtest_main rapidcheck)
  set(labels unit)
  if(arg_LABELS)
    set(labels ${arg_LABELS})
  endif()
  fithome_use_precompiled(${name} fithome_test_pch)
  if("threads" IN_LIST labels)
    add_dependencies(thread_tests ${name})
  endif()
  # What takes long begins first, so that nothing waits for it alone.
  set(cost 0)
  if("property" IN_LIST labels OR "fault" IN_LIST labels)
    set(cost 10)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." TEST_LIST cases PROPERTIES TIMEOUT 300 COST ${cost} DISCOVERY_TIMEOUT 60)
  # gtest_discover_tests takes one label only, so ctest sets them when it has read the cases.
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  file(WRITE ${script}
    "foreach(case IN LISTS cases)\n  set_tests_properties(\"\${case}\" PROPERTIES LABELS \"${labels}\")\nendforeach()\nset(cases)\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${script})
endfunction()

function(fithome_fuzz name)
  if(NOT FITHOME_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name}_fuzz ${arg_SOURCES})
  fithome_use_precompiled(${name}_fuzz fithome_pch)
  target_link_libraries(${name}_fuzz PRIVATE fithome_options ${arg_LINKS})
  add_dependencies(fuzz_targets ${name}_fuzz)
  if(FITHOME_FUZZ)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME fuzz.${name} COMMAND ${name}_fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
endfunction()
