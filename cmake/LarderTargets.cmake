# The three ways in which a folder makes a target.
#
#   larder_add_library(larder_base SOURCES status.cc clock.cc DEPS absl::status [HEADERS clock.h])
#     A static library; with headers alone, an interface library. DEPS are passed on to users.
#
#   larder_add_program(larder_daemon OUTPUT larder SOURCES main.cc DEPS larder_fs_fuse)
#     A program at build/PRESET/OUTPUT (default: the target's name).
#
#   larder_add_test(loader_test SOURCES loader_test.cc DEPS larder_cache
#                   [LABELS unit|mount|remote ...] [TIMEOUT seconds] [ENVIRONMENT A=b ...] [SERIAL])
#     A gtest binary (main included), registered with ctest under its target's name. The label is
#     unit unless given; tests labelled mount or remote run one at a time, beside unit tests.
#     Each case's result, and the reason of each skip, goes to build/PRESET/test-results/NAME.xml,
#     from which scripts/test counts.
#
#   larder_add_script_test(NAME COMMAND program args... [LABELS ...] [TIMEOUT ...] [ENVIRONMENT ...])
#     Any program as a test; exit status 77 means skipped, with the reason in its last line.
#
#   larder_add_fuzzer(range_fuzz SOURCES range_fuzz.cc DEPS larder_base)
#     A libFuzzer target, and a test with the label fuzz that runs it for a while, beginning with the
#     files in fuzz_seeds/NAME/ where there are any; does nothing outside the fuzz preset. The target
#     `fuzzers` builds all of them.

set(LARDER_TEST_RESULTS ${PROJECT_BINARY_DIR}/test-results)
file(MAKE_DIRECTORY ${LARDER_TEST_RESULTS})

function(larder_add_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS" ${ARGN})
  larder_check_arguments(larder_add_library ${name})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES} ${arg_HEADERS})
    target_link_libraries(
      ${name}
      PUBLIC larder_options ${arg_DEPS}
      PRIVATE ${arg_PRIVATE_DEPS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE larder_options ${arg_DEPS})
  endif()
endfunction()

function(larder_add_program name)
  cmake_parse_arguments(arg "" "OUTPUT" "SOURCES;DEPS" ${ARGN})
  larder_check_arguments(larder_add_program ${name})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE larder_options ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  if(arg_OUTPUT)
    set_target_properties(${name} PROPERTIES OUTPUT_NAME ${arg_OUTPUT})
  endif()
endfunction()

function(larder_add_test name)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  larder_check_arguments(larder_add_test ${name})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE larder_options ${arg_DEPS} GTest::gmock GTest::gtest
                                        GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${LARDER_TEST_RESULTS}/${name}.xml)
  larder_set_test_properties()
endfunction()

function(larder_add_script_test name)
  cmake_parse_arguments(arg "SERIAL" "TIMEOUT" "COMMAND;LABELS;ENVIRONMENT" ${ARGN})
  larder_check_arguments(larder_add_script_test ${name})
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
  larder_set_test_properties()
endfunction()

function(larder_add_fuzzer name)
  if(NOT LARDER_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  larder_check_arguments(larder_add_fuzzer ${name})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE larder_options ${arg_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers ${name})
  # Five minutes at most, and what is under way then.
  larder_add_script_test(
    ${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/testing/run_fuzzer $<TARGET_FILE:${name}>
            ${PROJECT_BINARY_DIR}/corpus/${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz_seeds/${name}
    LABELS fuzz
    TIMEOUT 400)
endfunction()

# Shared by the functions above; reads the caller's arguments.
macro(larder_check_arguments function target)
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}(${target}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
endmacro()

macro(larder_set_test_properties)
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  # What every test may ask: where the program is, where scripts/setup put the S3 server.
  list(
    APPEND
    arg_ENVIRONMENT
    "LARDER_BINARY=${PROJECT_BINARY_DIR}/larder"
    "LARDER_DEPS=${LARDER_DEPS_DIR}"
    "LARDER_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=0:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan.supp"
  )
  set_tests_properties(
    ${name}
    PROPERTIES LABELS "${arg_LABELS}"
               TIMEOUT ${arg_TIMEOUT}
               ENVIRONMENT "${arg_ENVIRONMENT}")
  if("mount" IN_LIST arg_LABELS OR "remote" IN_LIST arg_LABELS)
    # Each starts servers and mounts of its own; two at a time make timeouts, not speed.
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK servers)
  endif()
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endmacro()
