// SPDX-License-Identifier: MIT
//
// The page in a real browser: against a scripted meter, or against the daemon at FITHOME_URL (then
// only what holds for any house). Without chromium all is skipped, except where CI=true.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { axe_source, has_chromium, kChromium, kSchemes, kWidths, launch, open } from './browser.mjs';
import { FakeMeter, gap_event, kFault } from './fake_server.mjs';

const kDist = process.env.FITHOME_DIST ?? fileURLToPath(new URL('../../web/dist', import.meta.url));
const kDaemon = process.env.FITHOME_URL;
const kPatience = { timeout: 15_000 };

let skip = false;
if (!has_chromium && process.env.CI !== 'true') {
  skip = `NO BROWSER: ${kChromium} is not there; apt install chromium, or set CHROMIUM`;
  console.error(`### page tests skipped: ${skip}`);
}
const with_fake = skip || (kDaemon ? 'needs the scripted meter' : false);

let browser;
before(async () => {
  if (!skip) browser = await launch();
});
after(() => browser?.close());

// Runs `body` with a meter (or the daemon) and a way to open pages on it; complaints of a page fail
// the test, unless it says that it breaks the connection on purpose.
async function visit(body, { breaks = false, prepare = () => {} } = {}) {
  const meter = kDaemon ? null : await FakeMeter.start(kDist);
  if (meter) prepare(meter);
  const url = kDaemon ?? meter.url;
  const pages = [];
  try {
    await body(async (looks) => {
      const page = await open(browser, url, looks);
      pages.push(page);
      return page;
    }, meter);
    for (const page of pages) {
      assert.deepEqual([...page.hosts], [new URL(url).host], 'the page asked another host');
      if (!breaks) assert.deepEqual(page.complaints, [], 'the console must be silent');
    }
  } finally {
    await Promise.all(pages.map((page) => page.context().close()));
    await meter?.stop();
  }
}

const in_state = (page, state) => page.waitForSelector(`body[data-state="${state}"]`, kPatience);
const has_text = (page, id, text) =>
  page.waitForFunction(
    ([where, what]) => document.getElementById(where).textContent.replace(/\u202f/g, ' ').includes(what),
    [id, text],
    kPatience,
  );
const text = async (page, selector) => (await page.innerText(selector)).replace(/\u202f/g, ' ');

// How many of the canvas's pixels in a share of its width are not of the card's colour.
const ink = (page, from, to) =>
  page.evaluate(([begin, end]) => {
    const canvas = document.querySelector('#chart canvas');
    const { width, height } = canvas;
    const x = Math.round(begin * width);
    const { data } = canvas.getContext('2d').getImageData(x, 0, Math.round(end * width) - x, height);
    // What is strongly coloured is a line: rules, holes and letters are grey.
    let coloured = 0;
    for (let n = 0; n < data.length; n += 4) {
      const [r, g, b, a] = data.subarray(n, n + 4);
      if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) ++coloured;
    }
    return coloured;
  }, [from, to]);

async function assert_accessible(page) {
  await page.evaluate(axe_source()); // a script tag would be against the page's policy
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(' ')}`), []);
}

test('shows the power of the house and of each leg', { skip }, () =>
  visit(async (look) => {
    const page = await look();
    await in_state(page, 'live');
    assert.match(await text(page, '#p'), /^−?[0-9.]+$/);
    assert.match(await text(page, '#p-unit'), /^k?W$/);
    assert.match(await text(page, '#way'), /grid/);
    assert.ok((await page.$$('.line')).length >= 1);
    for (const line of await page.$$('.line')) {
      assert.match((await line.innerText()).replace(/\u202f/g, ' '), /\d V\s[^]*\d A\s/);
    }
    assert.match(await text(page, '#f'), /^\d\d\.\d\d Hz$/);
    await page.waitForSelector('#chart canvas', kPatience);
    await has_text(page, 'net-import', 'kWh');
    await page.waitForFunction(() => /\d kWh/.test(document.getElementById('net-import').textContent.replace(/\u202f/g, ' ')), null, kPatience);
  }));

test('agrees with the API', { skip: with_fake }, () =>
  visit(async (look, meter) => {
    meter.p = { a: 812.4, c: 1210.2 };
    meter.push();
    const page = await look();
    await in_state(page, 'live');
    await has_text(page, 'p', '2.02');
    assert.equal(await text(page, '#way'), 'Using from the grid');
    const legs = await Promise.all((await page.$$('.line')).map(async (line) => (await line.innerText()).replace(/\u202f/g, ' ')));
    assert.match(legs[0], /^Leg A\s+812\s+W/);
    assert.match(legs[1], /^Leg C\s+1\.21\s+kW/);
    assert.equal(await text(page, '#net-import'), '8.44 kWh');
  }));

test('says that the house is simulated, and only then', { skip }, () =>
  visit(async (look, meter) => {
    const page = await look();
    await in_state(page, 'live');
    const { simulated } = await (await fetch(new URL('api/v1/status', page.url()))).json();
    assert.equal(await page.isVisible('#simulated'), simulated);
    if (!meter) return;
    assert.match(await text(page, '#simulated'), /Simulated house — no real meter is read/);
    meter.simulated = false;
    const real = await look();
    await in_state(real, 'live');
    assert.equal(await real.isVisible('#simulated'), false);
  }));

test('each reading changes the number at once', { skip: with_fake }, () =>
  visit(async (look, meter) => {
    const page = await look();
    await in_state(page, 'live');
    for (const [p, value, way] of [[{ a: 300, c: 200 }, '500', 'Using from the grid'], [{ a: -2000, c: 500 }, '−1.50', 'Sending to the grid']]) {
      meter.p = p;
      meter.push();
      await has_text(page, 'p', value);
      assert.equal(await text(page, '#way'), way);
    }
    assert.match(await page.title(), /−1\.50.kW/);
  }));

test('readings come and the age stays young', { skip: skip || (kDaemon ? false : 'needs a daemon') }, () =>
  visit(async (look) => {
    const page = await look();
    await in_state(page, 'live');
    const before = await page.evaluate(() => document.body.innerText);
    await page.waitForFunction((old) => document.body.innerText !== old, before, kPatience);
    await in_state(page, 'live');
  }));

test('a gap is a gap: in the chart, in words and in the table', { skip: with_fake }, () =>
  visit(
    async (look) => {
      const page = await look();
      await in_state(page, 'live');
      await has_text(page, 'hour-words', 'No readings from');
      await page.waitForFunction(() => document.querySelector('#chart canvas')?.width > 300);
      const whole = (await ink(page, 0.1, 0.3)) / 0.2;
      assert.ok(whole > 1000, 'there is a line where there are readings');
      assert.equal(await ink(page, 0.49, 0.63), 0, 'and none where there are none');
      await has_text(page, 'events', 'No readings for 20 min');
      await page.click('summary');
      await page.waitForFunction(() => document.querySelectorAll('#table-body tr').length > 0, undefined, kPatience);
      const cells = await page.$$eval('#table-body tr', (rows) => rows.map((row) => row.cells[1].textContent));
      assert.ok(cells.length >= 59 && cells.length <= 62, `${cells.length} minutes`);
      assert.ok(cells.filter((cell) => cell.startsWith('–')).length >= 18, 'the gap is in the table');
    },
    {
      prepare: (meter) => {
        meter.gap = [2100, 900];
        meter.events = [gap_event(2100, 900)];
      },
    },
  ));

test('lines can be switched off and on by keyboard', { skip: with_fake }, () =>
  visit(async (look) => {
    const page = await look();
    await page.waitForSelector('#switches button', kPatience);
    await in_state(page, 'live');
    const all = await ink(page, 0.1, 0.9);
    for (const button of await page.$$('#switches button')) {
      await button.press('Enter');
      assert.equal(await button.getAttribute('aria-pressed'), 'false');
    }
    assert.ok((await ink(page, 0.1, 0.9)) < all / 10, 'nothing is drawn any more');
    await (await page.$('#switches button')).press('Enter');
    assert.ok((await ink(page, 0.1, 0.9)) > all / 10);
  }));

test('the arrow keys read the chart aloud', { skip }, () =>
  visit(async (look) => {
    const page = await look();
    await page.waitForSelector('#chart canvas', kPatience);
    await page.focus('#chart');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    const said = (await page.getAttribute('#chart', 'aria-valuetext')).replace(/\u202f/g, ' ');
    assert.match(said, /^\d.*: (House −?[\d.]+ k?W|no readings)/);
    assert.equal((await text(page, '#readout')).trim(), said);
    await page.keyboard.press('Escape');
    assert.equal((await text(page, '#readout')).trim(), '');
  }));

test('goes stale when no reading comes for 5 s, and comes back', { skip: with_fake }, () =>
  visit(async (look, meter) => {
    meter.push();
    const page = await look({ motion: 'reduce' });
    await in_state(page, 'live');
    await in_state(page, 'stale');
    assert.match(await text(page, '#state'), /Stale: last reading \d+ s ago/);
    assert.match(await text(page, '#way'), /^Was /);
    assert.equal(await text(page, '#verdict'), 'No new readings');
    await assert_accessible(page);
    meter.push();
    await in_state(page, 'live');
    assert.equal(await text(page, '#verdict'), 'All is well');
  }));

test('says when the connection is lost, and finds the meter again', { skip: with_fake }, () =>
  visit(
    async (look, meter) => {
      meter.p = { a: 100, c: 111 };
      const page = await look({ scheme: 'dark', motion: 'reduce' });
      await in_state(page, 'live');
      await meter.stop();
      await in_state(page, 'lost');
      assert.match(await text(page, '#state'), /Connection lost, reconnecting/);
      assert.match(await text(page, '#trouble'), /cannot be reached/);
      assert.equal(await text(page, '#p'), '211', 'the last known stays');
      await assert_accessible(page);
      const again = await FakeMeter.start(kDist, Number(new URL(meter.url).port));
      try {
        again.p = { a: 400, c: 44 };
        again.push();
        await in_state(page, 'live');
        await has_text(page, 'p', '444');
        assert.equal(await page.isVisible('#trouble'), false);
      } finally {
        await page.goto('about:blank');
        await again.stop();
      }
    },
    { breaks: true },
  ));

test('a stream cut off is taken up again', { skip: with_fake }, () =>
  visit(
    async (look, meter) => {
      const page = await look();
      await in_state(page, 'live');
      meter.drop();
      meter.p = { a: 1, c: 76 };
      await page.waitForFunction(() => document.getElementById('p').textContent === '77', null, kPatience);
      assert.equal(await page.evaluate(() => document.body.dataset.state), 'live');
    },
    { breaks: true },
  ));

test('no reading yet is said as such, and the first one shows', { skip: with_fake }, () =>
  visit(
    async (look, meter) => {
      const page = await look();
      await in_state(page, 'none');
      assert.equal(await text(page, '#state'), 'No reading yet');
      assert.equal(await text(page, '#p'), '–');
      await has_text(page, 'hour-words', 'No readings in the last hour');
      meter.p = { a: 20, c: 22 };
      meter.push();
      await has_text(page, 'p', '42');
      await in_state(page, 'live');
    },
    { prepare: (meter) => (meter.newest_s = null) },
  ));

test('a fault is shown with since when, what, and what to do', { skip: with_fake }, () =>
  visit(
    async (look, meter) => {
      const page = await look();
      await has_text(page, 'fault-list', kFault.what);
      const told = await text(page, '#fault-list');
      const since = await page.evaluate((iso) => new Date(iso).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' }), kFault.since);
      assert.match(told, new RegExp(`Since .*${since}`)); // the day before it just after midnight
      assert.ok(told.includes(`What to do: ${kFault.remedy}`));
      assert.equal(await text(page, '#verdict'), '1 fault');
      meter.faults = [];
      await page.waitForSelector('#faults', { state: 'hidden', ...kPatience });
    },
    { prepare: (meter) => (meter.faults = [kFault]) },
  ));

test('what the meter says is text, never markup', { skip: with_fake }, () =>
  visit(
    async (look) => {
      const page = await look();
      await has_text(page, 'fault-list', '<img');
      assert.equal(await page.$('#fault-list img'), null);
    },
    { prepare: (meter) => (meter.faults = [{ ...kFault, what: '<img src=x onerror=alert(1)>' }]) },
  ));

test('one line, three phases: the words follow the wiring', { skip: with_fake }, () =>
  visit(async (look, meter) => {
    meter.lines = ['a', 'b', 'c'];
    const three = await look({ width: kWidths.phone });
    await in_state(three, 'live');
    assert.deepEqual(await three.$$eval('.line h3', (all) => all.map((one) => one.textContent)), ['Phase A', 'Phase B', 'Phase C']);
    assert.equal(await three.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    meter.lines = ['a'];
    const one = await look();
    await in_state(one, 'live');
    assert.deepEqual(await one.$$eval('.line h3', (all) => all.map((card) => card.textContent)), ['Line A']);
    await one.waitForSelector('#counted', { state: 'hidden', ...kPatience });
  }));

test('nothing moves for those who want no motion', { skip }, () =>
  visit(async (look) => {
    const page = await look({ motion: 'reduce' });
    await in_state(page, 'live');
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  }));

for (const [name, width] of Object.entries(kWidths)) {
  for (const scheme of kSchemes) {
    test(`axe finds nothing, and nothing sticks out: ${name}, ${scheme}`, { skip }, () =>
      visit(
        async (look) => {
          const page = await look({ width, scheme, motion: 'reduce' });
          await in_state(page, 'live');
          await page.waitForSelector('#chart canvas', kPatience);
          await page.click('summary');
          await assert_accessible(page);
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
          const out = await page.$$eval('main *, header *, footer *', (all) =>
            all.filter((one) => !one.closest('.sr, .scroll, .u-wrap') && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80)));
          assert.deepEqual(out, []);
        },
        { prepare: (meter) => ((meter.faults = [kFault]), (meter.gap = [900, 600])) },
      ));
  }
}
