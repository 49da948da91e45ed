// SPDX-License-Identifier: MIT
//
// Starts the chromium of the machine. CHROMIUM names another one.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The page's own packages; there are none beside us.
const of_web = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = of_web('playwright-core');

export const axe_source = () => readFileSync(of_web.resolve('axe-core/axe.min.js'), 'utf8');
export const kChromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const has_chromium = existsSync(kChromium);

export function launch() {
  return chromium.launch({
    executablePath: kChromium,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    ],
  });
}

export const kWidths = { phone: 360, desk: 1440 };
export const kSchemes = ['light', 'dark'];

/** A page in this machine's time, as the daemon's "today" is. */
export async function open(browser, url, { width = 1440, scheme = 'light', motion = 'no-preference' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 780 : 1000 },
    deviceScaleFactor: width < 600 ? 2 : 1,
    colorScheme: scheme,
    reducedMotion: motion,
    locale: 'en-US',
  });
  const page = await context.newPage();
  page.complaints = [];
  page.hosts = new Set();
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()));
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('request', (request) => page.hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return page;
}
