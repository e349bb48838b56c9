# ww_warnings: what every source file of ours is compiled with.
add_library(ww_warnings INTERFACE)
target_compile_options(ww_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wold-style-cast -Wsuggest-override -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang's -Wconversion includes sign conversion, gcc's does not: keep both compilers equal.
  target_compile_options(ww_warnings INTERFACE -Wno-sign-conversion -Wno-suggest-override)
else()
  # gcc 12 sees memcpy of std::string overlap or leave its object where nothing does (gcc bugs 105329
  # and 105651), at -O2, and precompiled headers are no system headers to these warnings.
  target_compile_options(ww_warnings INTERFACE 
    -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(WW_WERROR)
  target_compile_options(ww_warnings INTERFACE -Werror)
endif()
