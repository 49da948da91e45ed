// SPDX-License-Identifier: MIT
//
// Builds the page into a folder: index.html, app-HASH.js, style-HASH.css, icon.svg, manifest.
//   node build.mjs [OUTDIR [--depfile FILE TARGET]]      (web/dist)
// A name with a hash may be kept by a browser for ever; the others are asked for again each time.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kMostScriptBytes = 65_000;
const web = dirname(fileURLToPath(import.meta.url));
const [out_dir, , depfile, target] = process.argv.slice(2);
const out = resolve(out_dir ?? join(web, 'dist'));

// The names uPlot hangs on its class for others (bars, splines, dates) keep a seventh of it alive
// that nothing here uses; without that last paragraph esbuild leaves it out.
const lean_uplot = {
  name: 'lean_uplot',
  setup({ onLoad }) {
    onLoad({ filter: /uPlot\.esm\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const statics = /^uPlot\.assign = assign;$[^]*(?=^export \{ uPlot as default \};$)/m;
      if (!statics.test(source)) throw new Error('uPlot has changed: look at its end');
      return { contents: source.replace(statics, '') };
    });
  },
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: web,
  entryPoints: { app: 'src/main.ts', style: 'src/style.css' },
  entryNames: '[name]-[hash]',
  outdir: out,
  bundle: true,
  minify: true,
  charset: 'utf8',
  format: 'esm',
  target: 'es2022', // browsers since 2023
  mangleProps: /[a-z]_$|^_[a-z]/, // private members, ours and uPlot's
  plugins: [lean_uplot],
  legalComments: 'none',
  banner: { js: '/*! FitHome, MIT. With uPlot, MIT, (c) Leon Sorokin */' },
  metafile: true,
  logLevel: 'warning',
});

const names = Object.keys(metafile.outputs).map((path) => basename(path));
const script = names.find((name) => name.endsWith('.js'));
const style = names.find((name) => name.endsWith('.css'));
const page = readFileSync(join(web, 'index.html'), 'utf8');
writeFileSync(join(out, 'index.html'), page.replace('@SCRIPT@', script).replace('@STYLE@', style));
for (const name of readdirSync(join(web, 'static'))) {
  copyFileSync(join(web, 'static', name), join(out, name));
}

if (depfile) {
  // What ninja has to look at to know whether the page is old.
  const statics = readdirSync(join(web, 'static')).map((name) => `static/${name}`);
  const inputs = [...Object.keys(metafile.inputs), 'index.html', ...statics].map((path) => join(web, path));
  const escaped = inputs.map((path) => path.replace(/[ $#]/g, (found) => (found === '$' ? '$$' : `\\${found}`)));
  writeFileSync(depfile, `${target}: ${escaped.join(' ')}\n`);
}

let script_bytes = 0;
for (const name of readdirSync(out).sort()) {
  const bytes = readFileSync(join(out, name));
  if (name.endsWith('.js')) script_bytes += bytes.length;
  console.log(`${name.padEnd(24)} ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
}
if (script_bytes > kMostScriptBytes) {
  console.error(`the page's script has ${script_bytes} bytes; at most ${kMostScriptBytes} (docs/decisions/0006-web.md)`);
  process.exit(1);
}
