# Everything from outside, found once. Targets made here or by the packages:
#   Threads::Threads  absl::*  GTest::gtest GTest::gmock GTest::gtest_main
#   larder_rocksdb   RocksDB           only for index/
#   larder_curl      libcurl           only for remote/'s HTTP client
#   larder_libfuse   libfuse >= 3.17   only for fs/fuse/
#   larder_json      nlohmann/json.hpp
#   larder_pugixml   pugixml.hpp
#   larder_crypto    OpenSSL (libcrypto, libssl)
#   larder_isal      ISA-L (crc32_iscsi)
#   larder_spdlog    spdlog
#   larder_cli11     CLI/CLI.hpp
#   larder_httplib   httplib.h (compiled library)
#   larder_yaml      yaml-cpp
#   larder_systemd   sd_notify and friends
#   larder_zlib

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl REQUIRED)
find_package(GTest CONFIG REQUIRED)

# wrap(NAME TARGET...): an interface target of ours in front of a package's, so that folders name
# one thing whatever the package calls itself. SYSTEM: its warnings are not ours.
function(wrap name)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE ${ARGN})
  foreach(target ${ARGN})
    get_target_property(dirs ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
      target_include_directories(${name} SYSTEM INTERFACE ${dirs})
    endif()
  endforeach()
endfunction()

find_package(RocksDB CONFIG REQUIRED)
wrap(larder_rocksdb RocksDB::rocksdb-shared)

find_package(CURL REQUIRED)
wrap(larder_curl CURL::libcurl)

find_package(OpenSSL REQUIRED)
wrap(larder_crypto OpenSSL::SSL OpenSSL::Crypto)

find_package(ZLIB REQUIRED)
wrap(larder_zlib ZLIB::ZLIB)

find_package(nlohmann_json REQUIRED)
wrap(larder_json nlohmann_json::nlohmann_json)

find_package(pugixml CONFIG REQUIRED)
wrap(larder_pugixml pugixml::pugixml)

find_package(CLI11 CONFIG REQUIRED)
wrap(larder_cli11 CLI11::CLI11)

find_package(spdlog CONFIG REQUIRED)
wrap(larder_spdlog spdlog::spdlog)

find_package(yaml-cpp CONFIG REQUIRED)
wrap(larder_yaml yaml-cpp)

pkg_check_modules(LARDER_ISAL REQUIRED IMPORTED_TARGET libisal)
wrap(larder_isal PkgConfig::LARDER_ISAL)

pkg_check_modules(LARDER_HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
wrap(larder_httplib PkgConfig::LARDER_HTTPLIB OpenSSL::SSL OpenSSL::Crypto)

pkg_check_modules(LARDER_SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
wrap(larder_systemd PkgConfig::LARDER_SYSTEMD)

# libfuse: where scripts/setup put it, else the system's.
if(DEFINED ENV{LARDER_DEPS} AND NOT "$ENV{LARDER_DEPS}" STREQUAL "")
  set(deps_dir $ENV{LARDER_DEPS})
elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(deps_dir $ENV{XDG_CACHE_HOME}/larder-deps)
else()
  set(deps_dir $ENV{HOME}/.cache/larder-deps)
endif()
set(LARDER_DEPS_DIR ${deps_dir} CACHE PATH "What scripts/setup built")
if(NOT EXISTS ${LARDER_DEPS_DIR}/larder-deps.cmake)
  message(FATAL_ERROR "${LARDER_DEPS_DIR}/larder-deps.cmake is missing: run scripts/setup first")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LARDER_DEPS_DIR}/larder-deps.cmake)
include(${LARDER_DEPS_DIR}/larder-deps.cmake)

# Found anew when the prefix changes; pkg_check_modules would keep the old one in the cache.
if(NOT "${LARDER_LIBFUSE_PREFIX_FOUND}" STREQUAL "${LARDER_LIBFUSE_PREFIX}")
  unset(__pkg_config_checked_LARDER_FUSE CACHE)
  unset(LARDER_FUSE_FOUND CACHE)
  set(LARDER_LIBFUSE_PREFIX_FOUND "${LARDER_LIBFUSE_PREFIX}" CACHE INTERNAL "")
endif()
add_library(larder_libfuse INTERFACE)
if(LARDER_LIBFUSE_PREFIX)
  set(saved_pkg_config_path "$ENV{PKG_CONFIG_PATH}")
  set(ENV{PKG_CONFIG_PATH} ${LARDER_LIBFUSE_PREFIX}/lib/pkgconfig)
  pkg_check_modules(LARDER_FUSE REQUIRED fuse3>=3.17)
  set(ENV{PKG_CONFIG_PATH} "${saved_pkg_config_path}")
  # Static, so what it needs itself comes with it; -l flags stay behind the archive.
  set(libraries ${LARDER_FUSE_STATIC_LIBRARIES})
  list(REMOVE_ITEM libraries fuse3)
  target_link_libraries(larder_libfuse INTERFACE ${LARDER_LIBFUSE_PREFIX}/lib/libfuse3.a
                                                 ${libraries} Threads::Threads)
  target_include_directories(larder_libfuse SYSTEM INTERFACE ${LARDER_FUSE_STATIC_INCLUDE_DIRS})
else()
  pkg_check_modules(LARDER_FUSE REQUIRED fuse3>=3.17)
  target_link_libraries(larder_libfuse INTERFACE ${LARDER_FUSE_LIBRARIES} Threads::Threads)
  target_include_directories(larder_libfuse SYSTEM INTERFACE ${LARDER_FUSE_INCLUDE_DIRS})
endif()
message(STATUS "libfuse ${LARDER_FUSE_VERSION}")
