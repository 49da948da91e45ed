// SPDX-License-Identifier: MIT
//
// The page of a daemon with two meters, `mains` and `solar` with the line `roof`, at FITHOME_URL; run by
// tests/e2e/page_test.py.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe_source, has_chromium, kChromium, kSchemes, kWidths, launch, open } from './browser.mjs';

const kPatience = { timeout: 15_000 };
const url = process.env.FITHOME_URL;
const skip = !has_chromium && process.env.CI !== 'true' ? `NO BROWSER: ${kChromium} is not there` : false;
if (skip) console.error(`### page tests skipped: ${skip}`);

let browser;
before(async () => {
  if (!skip) browser = await launch();
});
after(() => browser?.close());

const plain = (words) => words.replace(/\u202f/g, ' ');

for (const [name, width] of Object.entries(kWidths)) {
  for (const scheme of kSchemes) {
    test(`lists the meters under their house: ${name}, ${scheme}`, { skip }, async () => {
      const page = await open(browser, url, { width, scheme });
      await page.waitForSelector('body[data-state="live"]', kPatience);
      await page.waitForFunction(() => document.querySelectorAll('#lines > li').length === 2, null, kPatience);
      await page.waitForFunction(() => document.getElementById('lines').textContent.includes('roof'), null, kPatience);
      const [mains, solar] = await Promise.all((await page.$$('#lines > li')).map(async (card) => plain(await card.innerText())));
      assert.match(mains, /^mains\s+−?[0-9.]+\s+k?W[^]*Leg A[^]*Leg C/);
      assert.match(solar, /^solar\s+−?[0-9.]+\s+k?W[^]*roof\s+−?[0-9.]+ k?W · \d+\.\d V · [0-9.]+ A/);
      assert.match(await page.innerText('#sum'), /mains - solar/);
      assert.match(plain(await page.innerText('#p')), /^−?[0-9.]+$/);

      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wider <= 0, `the page is ${wider} px wider than the screen`);
      await page.evaluate(axe_source());
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(' ')}`), []);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }
}
