# fithome_library(chip SOURCES a.cc b.cc LINKS fithome::base)   one library a folder: fithome::chip
# fithome_test(chip_test SOURCES a_test.cc LINKS fithome::chip)  one program of tests, cases found by ctest;
#   LABELS unit (unless told) property fault e2e spidev; with `threads` too it is run under TSan as well
# fithome_fuzz(config SOURCES config_fuzz.cc LINKS fithome::app)  a fuzzer with clang (FITHOME_FUZZ), else a test
#   that replays tests/fuzz/corpus/config
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# What every target of ours is built with; third-party headers are SYSTEM and stay quiet.
add_library(fithome_options INTERFACE)
target_compile_options(fithome_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor $<$<BOOL:${FITHOME_WERROR}>:-Werror>
  # Of a unity build (the presets), GCC takes the sources for headers.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wno-subobject-linkage>)
target_include_directories(fithome_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(FITHOME_FUZZ)
  target_compile_options(fithome_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(FITHOME_SANITIZE)
  target_compile_options(fithome_options INTERFACE -fsanitize=${FITHOME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    # GCC 12 sees uninitialised variables in what the sanitizers add; the release build still looks for them.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(fithome_options INTERFACE -fsanitize=${FITHOME_SANITIZE})
endif()

function(fithome_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(fithome_${name} STATIC ${arg_SOURCES})
  add_library(fithome::${name} ALIAS fithome_${name})
  target_link_libraries(fithome_${name} PUBLIC ${arg_LINKS} PRIVATE fithome_options ${arg_PRIVATE_LINKS})
  target_include_directories(fithome_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
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
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE fithome_options ${arg_LINKS} GTest::gtest GTest::gtest_main rapidcheck)
  set(labels unit)
  if(arg_LABELS)
    set(labels ${arg_LABELS})
  endif()
  if("threads" IN_LIST labels)
    add_dependencies(thread_tests ${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." TEST_LIST cases PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
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
