# ww_module(NAME DEPENDS below... PRIVATE_LIBS targets... [PCH set])
#
# One module = one folder = one static library = one namespace ww::NAME. A module's include root
# holds only its own public headers and is propagated through DEPENDS, so an include that the
# layering forbids does not compile. DEPENDS may name only modules added before this one: the order
# of the add_subdirectory() lines in src/CMakeLists.txt is the layering.
#
#   *.cc               the library          tests/*_test.cc    one executable NAME_tests
#   include/           public headers       fuzz/*_fuzz.cc     one target each; replayed as tests by
#   bench/*_bench.cc   NAME_bench                              one executable NAME_replay
#
# PCH is the set of precompiled headers of the library (cmake/WwPch.cmake), library when not given.

function(ww_module name)
  cmake_parse_arguments(M "" "PCH" "DEPENDS;PRIVATE_LIBS;TEST_DEPENDS" ${ARGN})
  if(NOT M_PCH)
    set(M_PCH library)
  endif()
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
  ww_use_pch(ww_${name} ${M_PCH})

  ww_module_tests(${name} "${M_TEST_DEPENDS}")
  ww_module_fuzz(${name} "${M_TEST_DEPENDS}")
  ww_module_bench(${name})
endfunction()

# What tests share (tests/support), compiled once.
if(WW_TESTS)
  file(GLOB support CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/support/*.cc)
  add_library(ww_test_support OBJECT ${support})
  target_include_directories(ww_test_support PUBLIC ${PROJECT_SOURCE_DIR}/tests/support)
  target_link_libraries(ww_test_support PRIVATE ww_warnings)
  ww_use_pch(ww_test_support tests)
endif()

# Tests see the module's private headers too, and the modules named by TEST_DEPENDS.
function(ww_module_tests name depends)
  file(GLOB tests CONFIGURE_DEPENDS tests/*.cc)
  if(NOT tests OR NOT WW_TESTS)
    return()
  endif()
  add_executable(${name}_tests ${tests})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM depends PREPEND ww::)
  target_link_libraries(${name}_tests PRIVATE
    ww::${name} ${depends} ww_test_support ww_warnings GTest::gtest_main)
  ww_use_pch(${name}_tests tests)
  target_compile_definitions(${name}_tests PRIVATE
    WW_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/tests/data"
    WW_CORPUS="${PROJECT_SOURCE_DIR}/../shared/corpus")
  add_test(NAME ${name}_tests COMMAND ${name}_tests)
  set_tests_properties(${name}_tests PROPERTIES TIMEOUT 1800)
endfunction()

# With clang and WW_FUZZ: libFuzzer targets. Otherwise every seed and past crash is replayed as a test.
# They too may use the modules named by TEST_DEPENDS.
function(ww_module_fuzz name depends)
  list(TRANSFORM depends PREPEND ww::)
  file(GLOB sources CONFIGURE_DEPENDS fuzz/*_fuzz.cc)
  if(NOT sources)
    return()
  endif()
  if(WW_FUZZ)
    foreach(source IN LISTS sources)
      get_filename_component(target ${source} NAME_WE)
      add_executable(${target} ${source})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
      target_link_libraries(${target} PRIVATE ww::${name} ${depends} ww_warnings)
      ww_use_pch(${target} library)
    endforeach()
  elseif(WW_TESTS)
    ww_module_replay(${name} "${depends}" "${sources}")
  endif()
endfunction()

# One program for all targets of a module, whose entry points get names of their own and a table.
function(ww_module_replay name libraries sources)
  set(declarations "")
  set(entries "")
  foreach(source IN LISTS sources)
    get_filename_component(target ${source} NAME_WE)
    set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS LLVMFuzzerTestOneInput=${target})
    string(APPEND declarations "extern \"C\" FuzzEntry ${target};\n")
    string(APPEND entries "    {\"${target}\", &${target}},\n")
    string(REGEX REPLACE "_fuzz$" "" corpus ${target})
    add_test(NAME ${target}_replay
      COMMAND ${name}_replay ${target} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus})
    set_tests_properties(${target}_replay PROPERTIES TIMEOUT 900)
  endforeach()
  set(table ${CMAKE_CURRENT_BINARY_DIR}/fuzz_table.cc)
  file(CONFIGURE OUTPUT ${table} CONTENT "#include \"fuzz_table.h\"
${declarations}
const std::vector<FuzzTarget>& FuzzTargets() {
  static const std::vector<FuzzTarget> targets = {
${entries}  };
  return targets;
}
" @ONLY)
  add_executable(${name}_replay ${sources} ${table} ${PROJECT_SOURCE_DIR}/cmake/fuzz_replay_main.cc)
  target_include_directories(${name}_replay PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/cmake)
  target_link_libraries(${name}_replay PRIVATE ww::${name} ${libraries} ww_warnings)
  ww_use_pch(${name}_replay library)
endfunction()

function(ww_module_bench name)
  file(GLOB benches CONFIGURE_DEPENDS bench/*_bench.cc)
  if(NOT benches OR NOT WW_BENCH)
    return()
  endif()
  add_executable(${name}_bench ${benches})
  target_link_libraries(${name}_bench PRIVATE ww::${name} ww_warnings benchmark::benchmark_main)
endfunction()
