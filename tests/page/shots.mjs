// SPDX-License-Identifier: MIT
//
// Pictures of the page: phone and desk, light and dark.   node shots.mjs URL OUTDIR
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kSchemes, kWidths, launch, open } from './browser.mjs';

const [url, out] = process.argv.slice(2);
if (!url || !out) {
  console.error('usage: node shots.mjs URL OUTDIR');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const browser = await launch();
for (const [name, width] of Object.entries(kWidths)) {
  for (const scheme of kSchemes) {
    const page = await open(browser, url, { width, scheme });
    await page.waitForFunction(() => document.body.dataset.state !== 'loading');
    await page.waitForTimeout(1500); // the chart and the energy are there
    const path = join(out, `${name}-${scheme}.png`);
    await page.screenshot({ path, fullPage: true });
    console.log(path, page.complaints.length === 0 ? '' : page.complaints.join(' | '));
    await page.context().close();
  }
}
await browser.close();
