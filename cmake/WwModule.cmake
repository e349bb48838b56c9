# ww_module(NAME DEPENDS below... PRIVATE_LIBS targets...)
#
# One module = one folder = one static library = one namespace ww::NAME. A module's include root
# holds only its own public headers and is propagated through DEPENDS, so an include that the
# layering forbids does not compile. DEPENDS may name only modules added before this one: the order
# of the add_subdirectory() lines in src/CMakeLists.txt is the layering.
#
#   *.cc               the library          tests/*_test.cc    one executable NAME_tests
#   include/           public headers       fuzz/*_fuzz.cc     one target each, replayed as a test
#   bench/*_bench.cc   one executable NAME_bench (Google Benchmark)

add_library(ww_warnings INTERFACE)
target_compile_options(ww_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wold-style-cast -Wsuggest-override -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang's -Wconversion includes sign conversion, gcc's does not: keep both compilers equal.
  target_compile_options(ww_warnings INTERFACE -Wno-sign-conversion -Wno-suggest-override)
endif()
if(WW_WERROR)
  target_compile_options(ww_warnings INTERFACE -Werror)
endif()

function(ww_module name)
  cmake_parse_arguments(M "" "" "DEPENDS;PRIVATE_LIBS;TEST_DEPENDS" ${ARGN})
  file(GLOB srcs CONFIGURE_DEPENDS *.cc)
  file(GLOB_RECURSE hdrs CONFIGURE_DEPENDS include/*.h)
  add_library(ww_${name} STATIC ${srcs})
  add_library(ww::${name} ALIAS ww_${name})
  target_sources(ww_${name} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${hdrs})
  set_target_properties(ww_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  foreach(d IN LISTS M_DEPENDS)
    if(NOT TARGET ww::${d})
      message(FATAL_ERROR "${name} may not use ${d}: not below it, see ARCHITECTURE.md")
    endif()
  endforeach()
  list(TRANSFORM M_DEPENDS PREPEND ww::)
  target_link_libraries(ww_${name} PUBLIC ${M_DEPENDS} PRIVATE ${M_PRIVATE_LIBS} ww_warnings)

  ww_module_tests(${name} "${M_TEST_DEPENDS}")
  ww_module_fuzz(${name} "${M_TEST_DEPENDS}")
  ww_module_bench(${name})
endfunction()

# Tests see the module's private headers too, and the modules named by TEST_DEPENDS.
function(ww_module_tests name depends)
  file(GLOB tests CONFIGURE_DEPENDS tests/*.cc)
  if(NOT tests OR NOT WW_TESTS)
    return()
  endif()
  file(GLOB support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.cc)
  add_executable(${name}_tests ${tests} ${support})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests/support)
  list(TRANSFORM depends PREPEND ww::)
  target_link_libraries(${name}_tests PRIVATE ww::${name} ${depends} ww_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_tests PRIVATE
    WW_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/tests/data"
    WW_CORPUS="${PROJECT_SOURCE_DIR}/../shared/corpus")
  add_test(NAME ${name}_tests COMMAND ${name}_tests)
  set_tests_properties(${name}_tests PROPERTIES TIMEOUT 900)
endfunction()

# With clang and WW_FUZZ: libFuzzer targets. Otherwise every seed and past crash is replayed as a test.
# They too may use the modules named by TEST_DEPENDS.
function(ww_module_fuzz name depends)
  list(TRANSFORM depends PREPEND ww::)
  file(GLOB targets CONFIGURE_DEPENDS fuzz/*_fuzz.cc)
  foreach(source IN LISTS targets)
    get_filename_component(target ${source} NAME_WE)
    if(WW_FUZZ)
      add_executable(${target} ${source})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    elseif(WW_TESTS)
      add_executable(${target} ${source} ${PROJECT_SOURCE_DIR}/cmake/fuzz_replay_main.cc)
      string(REGEX REPLACE "_fuzz$" "" corpus ${target})
      add_test(NAME ${target}_replay
        COMMAND ${target} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus})
      set_tests_properties(${target}_replay PROPERTIES TIMEOUT 300)
    else()
      continue()
    endif()
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE ww::${name} ${depends} ww_warnings)
  endforeach()
endfunction()

function(ww_module_bench name)
  file(GLOB benches CONFIGURE_DEPENDS bench/*_bench.cc)
  if(NOT benches OR NOT WW_BENCH)
    return()
  endif()
  add_executable(${name}_bench ${benches})
  target_link_libraries(${name}_bench PRIVATE ww::${name} ww_warnings benchmark::benchmark_main)
endfunction()
