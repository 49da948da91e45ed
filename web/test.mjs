// SPDX-License-Identifier: MIT
//
// Checks the types and runs the unit tests of the page: compiled to a temporary folder, then node.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const web = dirname(fileURLToPath(import.meta.url));
const run = (...words) => spawnSync(process.execPath, words, { cwd: web, stdio: 'inherit' }).status;

if (run('node_modules/typescript/bin/tsc') !== 0) process.exit(1);
const out = mkdtempSync(join(tmpdir(), 'fithome-web-'));
try {
  const tests = readdirSync(join(web, 'test')).filter((name) => name.endsWith('.test.ts'));
  await build({
    absWorkingDir: web,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    logLevel: 'warning',
  });
  const built = tests.map((name) => join(out, name.replace(/ts$/, 'mjs')));
  process.exitCode = run('--test', ...built);
} finally {
  rmSync(out, { recursive: true, force: true });
}
