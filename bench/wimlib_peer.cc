// The peer of the end-to-end benchmarks at a chosen compression level, which wimlib-imagex update
// does not offer: adds one prepared tree to one image with libwim and writes the file.
//
//   wimlib_peer FILE.wim INDEX TREE LEVEL THREADS
#include <wimlib.h>

#include <cstdio>
#include <cstdlib>

namespace {

int Failed(const char* what, int error) {
  std::fprintf(stderr, "%s: %s\n", what,
               wimlib_get_error_string(static_cast<wimlib_error_code>(error)));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: wimlib_peer FILE.wim INDEX TREE LEVEL THREADS\n");
    return 1;
  }
  const int index = std::atoi(argv[2]);
  const auto level = static_cast<unsigned>(std::atoi(argv[4]));
  const auto threads = static_cast<unsigned>(std::atoi(argv[5]));
  if (const int e = wimlib_set_default_compression_level(-1, level); e != 0)
    return Failed("level", e);
  WIMStruct* wim = nullptr;
  if (const int e = wimlib_open_wim(argv[1], WIMLIB_OPEN_FLAG_WRITE_ACCESS, &wim); e != 0) {
    return Failed("open", e);
  }
  char root[] = "/";
  wimlib_update_command add{};
  add.op = WIMLIB_UPDATE_OP_ADD;
  add.add.fs_source_path = argv[3];
  add.add.wim_target_path = root;
  if (const int e = wimlib_update_image(wim, index, &add, 1, 0); e != 0) return Failed("update", e);
  if (const int e = wimlib_overwrite(wim, 0, threads); e != 0) return Failed("write", e);
  wimlib_free(wim);
  return 0;
}
