// Turns the built page into a C++ source: a table, and one blob with each file as it is, with gzip and
// with Brotli. Usage: node embed.mjs DIST OUT.cc
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [dist, out] = process.argv.slice(2);
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

const walk = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });

const blob = [];
let size = 0;
const add = (bytes) => {
  const at = size;
  blob.push(bytes);
  size += bytes.length;
  return `Part(${at}, ${bytes.length})`;
};

const rows = walk(dist)
  .sort()
  .map((file) => {
    const bytes = readFileSync(file);
    const path = relative(dist, file).split("\\").join("/");
    const type = types[extname(file)] ?? "application/octet-stream";
    const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 20);
    const gzip = gzipSync(bytes, { level: 9 });
    const brotli = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
    const worth = (packed) => (packed.length < bytes.length * 0.95 ? add(packed) : "{}");
    return `      {${JSON.stringify(path)}, ${JSON.stringify(type)}, "\\"${etag}\\"", ${path.startsWith("assets/")},
       ${add(bytes)}, ${worth(gzip)}, ${worth(brotli)}},`;
  });

const whole = Buffer.concat(blob);
const digest = createHash("sha256").update(whole).digest("hex");
writeFileSync(`${out}.bin`, whole);
writeFileSync(
  out,
  `// Made by console/embed.mjs; blob ${digest}.
#include "wimwright/console/assets.h"

asm(".section .rodata\\n"
    ".balign 16\\n"
    ".global ww_console_blob\\n"
    "ww_console_blob:\\n"
    ".incbin \\"${out}.bin\\"\\n"
    ".previous\\n");
extern "C" const char ww_console_blob[];

namespace ww::console {

std::span<const Asset> BuiltInAssets() {
  static const auto Part = [](unsigned at, unsigned size) {
    return std::string_view(ww_console_blob + at, size);
  };
  static const Asset kAssets[] = {
${rows.join("\n")}
  };
  return kAssets;
}

}  // namespace ww::console
`,
);
