# Precompiled headers: system and third-party headers only, never ours. So a forbidden #include still
# does not compile, a change of our headers compiles no more than before, and the sets are made once
# and shared by all modules (gcc takes 0.3 to 1 s for these headers in each of some 500 files).
#
# They only save time: each file names what it uses and compiles without them. `./dev includes` and
# -DWW_PCH=OFF show that.
option(WW_PCH "use precompiled headers" ON)

# ww_pch_set(NAME LIBRARIES targets... HEADERS <header>...): the precompiled header of a library that
# has nothing else.
function(ww_pch_set name)
  cmake_parse_arguments(P "" "" "LIBRARIES;HEADERS" ${ARGN})
  set(WW_PCH_${name}_LIBRARIES ${P_LIBRARIES} PARENT_SCOPE)
  if(WW_PCH)
    add_library(ww_pch_${name} STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/empty.cc)
    target_link_libraries(ww_pch_${name} PRIVATE ${P_LIBRARIES} ww_warnings)
    target_precompile_headers(ww_pch_${name} PRIVATE ${P_HEADERS})
  endif()
endfunction()

# `target` is compiled with that set, and with what its libraries define: both must be equal.
function(ww_use_pch target name)
  target_link_libraries(${target} PRIVATE ${WW_PCH_${name}_LIBRARIES})
  if(WW_PCH)
    target_precompile_headers(${target} REUSE_FROM ww_pch_${name})
  endif()
endfunction()

set(usual <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <cstring> <deque> <filesystem>
  <functional> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <unordered_map>
  <utility> <variant> <vector> <tl/expected.hpp> <fmt/format.h>)
ww_pch_set(library LIBRARIES fmt::fmt HEADERS ${usual})
ww_pch_set(json LIBRARIES fmt::fmt nlohmann_json::nlohmann_json HEADERS ${usual} <nlohmann/json.hpp>)
if(WW_TESTS)
  # Test code is compiled quickly; what it calls is compiled as it always is.
  add_library(ww_test_flags INTERFACE)
  target_compile_options(ww_test_flags INTERFACE -O0)
  ww_pch_set(tests LIBRARIES fmt::fmt GTest::gmock ww_test_flags
    HEADERS ${usual} <fstream> <random> <sstream> <thread> <gtest/gtest.h> <gmock/gmock.h>)
endif()
