# Language, warnings, sanitizers, linker, and the generated base/version.h: all of it carried by
# the interface target larder_options, which every target of ours links.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# -g1 keeps function names and lines for backtraces at a fraction of the cost of -g.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG" CACHE STRING "" FORCE)

set(LARDER_SANITIZE "" CACHE STRING "Value of -fsanitize= for everything, empty for none")
option(LARDER_FUZZ "Build libFuzzer targets (needs clang)" OFF)

find_program(LARDER_CCACHE ccache)
if(LARDER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${LARDER_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LARDER_CCACHE})
endif()

add_library(larder_options INTERFACE)
target_compile_features(larder_options INTERFACE cxx_std_20)
target_compile_definitions(larder_options INTERFACE _FILE_OFFSET_BITS=64)
target_compile_options(
  larder_options
  INTERFACE -Wall
            -Wextra
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wvla
            -Wno-unused-parameter
            -Wno-missing-field-initializers
            $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
            # GCC 12 sees overlapping copies in std::string where there are none (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            -fno-omit-frame-pointer)
option(LARDER_WERROR "Warnings are errors" OFF)
if(LARDER_WERROR)
  target_compile_options(larder_options INTERFACE -Werror)
endif()

find_program(LARDER_MOLD mold)
find_program(LARDER_LLD ld.lld)
if(LARDER_MOLD)
  target_link_options(larder_options INTERFACE -fuse-ld=mold)
elseif(LARDER_LLD)
  target_link_options(larder_options INTERFACE -fuse-ld=lld)
endif()

if(LARDER_SANITIZE)
  target_compile_options(larder_options INTERFACE -fsanitize=${LARDER_SANITIZE}
                                                  -fno-sanitize-recover=undefined)
  target_link_options(larder_options INTERFACE -fsanitize=${LARDER_SANITIZE})
endif()
if(LARDER_FUZZ)
  target_compile_options(larder_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Includes are written from the root: "cache/loader.h". base/version.h is made here.
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in
               ${PROJECT_BINARY_DIR}/generated/base/version.h)
target_include_directories(larder_options INTERFACE ${PROJECT_SOURCE_DIR}
                                                    ${PROJECT_BINARY_DIR}/generated)
