# cmake -DOUTPUT=x.cc -DINPUTS=a.mof;b.mof -P EmbedSchema.cmake
# Writes the texts as byte arrays: string literals have a length limit in some compilers.
set(arrays "")
set(table "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME)
  file(READ ${input} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(MAKE_C_IDENTIFIER ${name} id)
  string(APPEND arrays "const unsigned char k_${id}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", {reinterpret_cast<const char*>(k_${id}), ${size}}},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made by EmbedSchema.cmake from schema/*.mof.\n\
#include \"schema_text.h\"\n\nnamespace ww::cim {\nnamespace {\n${arrays}\
const MofSource kSources[] = {\n${table}};\n}  // namespace\n\
std::span<const MofSource> SchemaText() { return kSources; }\n}  // namespace ww::cim\n")
