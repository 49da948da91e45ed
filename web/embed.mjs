// SPDX-License-Identifier: MIT
//
// Turns the built page into what the linker takes: assets.S holds the bytes (plain and gzip), and
// assets.cc the table of src/api/assets.h.
//   node embed.mjs DIST OUTDIR
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
const [dist, out] = process.argv.slice(2).map((path) => resolve(path));

const assembler = ['.section .rodata'];
// Puts a file's bytes into the program, under a name.
function incbin(symbol, path) {
  const quoted = path.replace(/["\\]/g, '\\$&');
  assembler.push(`.global ${symbol}`, `.global ${symbol}_end`, '.balign 16', `${symbol}:`);
  assembler.push(`.incbin "${quoted}"`, `${symbol}_end:`, '.byte 0');
}

const assets = readdirSync(dist).sort().map((name, n) => {
  const type = kTypes[extname(name)];
  if (!type) throw new Error(`${name}: what content type is that? Add it to web/embed.mjs`);
  const path = join(dist, name);
  const plain = readFileSync(path);
  // gzip's own bytes are the same everywhere; those of node's zlib are not.
  const packed = execFileSync('gzip', ['-9nc', path]);
  const gzip = packed.length < plain.length;
  incbin(`fithome_web_${n}`, path);
  if (gzip) {
    const packed_path = join(out, `${name}.gz`);
    writeFileSync(packed_path, packed);
    incbin(`fithome_web_${n}_gz`, packed_path);
  }
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  const immutable = /-[A-Z0-9]{8}\.(js|css)$/.test(name);
  return { n, path: name === 'index.html' ? '/' : `/${name}`, type, hash, gzip, immutable };
});
assembler.push('.section .note.GNU-stack,"",%progbits', '');
writeFileSync(join(out, 'assets.S'), assembler.join('\n'));

const symbols = assets.flatMap(({ n, gzip }) => [`fithome_web_${n}`, ...(gzip ? [`fithome_web_${n}_gz`] : [])]);
const span = (symbol) => `{${symbol}, ${symbol}_end}`;
const row = ({ n, path, type, hash, gzip, immutable }) => `    {"${path}",
     "${type}",
     "\\"${hash}\\"",
     ${span(`fithome_web_${n}`)},
     ${gzip ? span(`fithome_web_${n}_gz`) : '{}'},
     ${immutable}},`;
writeFileSync(
  join(out, 'assets.cc'),
  `// Made by web/embed.mjs.
#include "api/assets.h"

extern "C" {
${symbols.map((symbol) => `extern const unsigned char ${symbol}[], ${symbol}_end[];`).join('\n')}
}

namespace fithome::api {

std::span<const Asset> assets() {
  static const Asset kAssets[] = {
${assets.map(row).join('\n')}
  };
  return kAssets;
}

}  // namespace fithome::api
`,
);
