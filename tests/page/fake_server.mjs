// SPDX-License-Identifier: MIT
//
// A meter that says what a test wants: serves the built page and an API after docs/api.md from a
// scripted house, so that every state of the page can be seen without a daemon.
//
//   node fake_server.mjs [PORT] [DIST] [--fault] [--no-reading] [--export] [--gap] [--three] [--real]
//
// In a test: const meter = await FakeMeter.start(dist); meter.p_a = 1200; meter.push(); …
// Shape:   readings of the past hour come from house(); live ones are what push() sends
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};
const kPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'"; // as src/api/http.cc
const round = (value, decimals) => Number(value.toFixed(decimals));

// Watts of leg a and c: a fridge, a kettle at times, lights; deterministic.
function house(time_s, exporting) {
  const t = Math.floor(time_s);
  const ripple = (period, seed) => Math.sin((t * 2 * Math.PI) / period + seed);
  const fridge = t % 1500 < 600 ? 118 : 2;
  const kettle = t % 2400 < 170 ? 1480 : 0;
  const solar = exporting ? 1500 + 500 * ripple(5000, 1) + 60 * ripple(97, 2) : 0;
  return {
    a: 212 + fridge + 14 * ripple(61, 0) + 5 * ripple(13, 4) - solar / 2,
    c: 164 + kettle + 22 * ripple(211, 3) + 4 * ripple(17, 1) - solar / 2,
    b: 301 + 30 * ripple(301, 2),
  };
}

export class FakeMeter {
  static async start(dist, port = 0) {
    const meter = new FakeMeter(dist);
    meter.server = createServer((request, answer) => meter.serve(request, answer));
    await new Promise((done, fail) => {
      meter.server.once('error', fail).listen(port, '127.0.0.1', done);
    });
    meter.url = `http://127.0.0.1:${meter.server.address().port}/`;
    return meter;
  }

  constructor(dist) {
    this.dist = resolve(dist);
    this.simulated = true;
    this.exporting = false;
    this.lines = ['a', 'c'];
    this.version = '0.1.0';
    this.faults = [];
    this.events = [];
    this.gap = null; // [from, to] in seconds before now
    this.age_s = 0.4;
    this.newest_s = Date.now() / 1000; // null: no reading yet
    this.p = null; // {a, c}: instead of the house
    this.streams = new Set();
    this.asked = [];
  }

  async stop() {
    if (!this.server.listening) return;
    this.drop();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Cuts all streams. */
  drop() {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  /** A new reading, now. */
  push() {
    this.newest_s = Date.now() / 1000;
    this.age_s = 0.01;
    for (const stream of this.streams) this.send(stream);
  }

  send(stream) {
    stream.write(`event: reading\ndata: ${JSON.stringify(this.now())}\n\n`);
  }

  now() {
    const power = this.p ?? house(this.newest_s, this.exporting);
    const p = this.lines.reduce((sum, line) => sum + power[line], 0);
    const s = Math.hypot(p, 190);
    const values = {
      time: new Date(this.newest_s * 1000).toISOString(), meter: 'mains', simulated: this.simulated,
      age_s: this.age_s, p: round(p, 2), q: 190, s: round(s, 2), pf: round(p / s, 3), f: 60.01, temp: 35,
    };
    for (const line of this.lines) {
      const u = 121.8 - power[line] / 900;
      const s_line = Math.hypot(power[line], 95);
      Object.assign(values, {
        [`u_${line}`]: round(u, 1), [`i_${line}`]: round(s_line / u, 3), [`p_${line}`]: round(power[line], 2),
        [`q_${line}`]: 95, [`s_${line}`]: round(s_line, 2), [`pf_${line}`]: round(power[line] / s_line, 3),
      });
    }
    return { ...values, flags: this.simulated ? ['simulated'] : [] };
  }

  readings(query) {
    const step = parseInt(query.get('every') ?? '10', 10);
    const columns = (query.get('channels') ?? 'p').split(',');
    const end = this.newest_s ?? 0;
    const rows = [];
    for (let t = Math.ceil((end - 3600) / step) * step; t < end; t += step) {
      if (this.gap && t > end - this.gap[0] && t < end - this.gap[1]) continue;
      const power = house(t, this.exporting);
      const of = (name) => (name === 'p' ? this.lines.reduce((sum, line) => sum + power[line], 0) : power[name.slice(2)]);
      rows.push([t * 1000, ...columns.map((name) => round(of(name), 2)), 1]);
    }
    return {
      meter: 'mains', simulated: this.simulated, columns: ['time', ...columns, 'flags'],
      units: ['ms', ...columns.map(() => 'W'), ''], rows: this.newest_s === null ? [] : rows,
    };
  }

  energy() {
    const flow = (imported, exported) => ({
      import_wh: imported, export_wh: exported, reactive_import_varh: 310, reactive_export_varh: 0, apparent_vah: imported,
    });
    const net = flow(8437.4, this.exporting ? 5210.9 : 0);
    const counted = flow(8502.1, this.exporting ? 5275.6 : 64.7);
    const lines = Object.fromEntries(this.lines.map((line) => [line, flow(4200, 30)]));
    const midnight = new Date().setHours(0, 0, 0, 0);
    const today = { since: new Date(midnight).toISOString(), net, counted, lines };
    return { time: new Date().toISOString(), meter: 'mains', simulated: this.simulated, net, counted, lines, today };
  }

  status() {
    const last = this.newest_s === null ? null : new Date(this.newest_s * 1000).toISOString();
    const wiring = { 1: 'single_phase', 2: 'split_phase', 3: 'three_phase' }[this.lines.length];
    return {
      version: this.version, healthy: this.faults.length === 0, simulated: this.simulated,
      house: this.simulated ? 'generated house, seed 1' : '', wiring, lines: this.lines,
      device: this.simulated ? 'simulated chip' : '/dev/spidev0.0 (mode 3, 500 kHz)',
      site: '5e0c2f5a-0000-4000-8000-000000000000', meter: 'mains', data: '/var/lib/fithome', interval_s: 1,
      uptime_s: 93_784, last_reading: last, last_reading_age_s: last && this.age_s, readings: 93_780, missed: 4,
      dropped: 0, spi_errors: 0, spi_retries: 0, chip_resets: 0, store_errors: 0, late_worst_s: 0.001, late_ticks: 0,
      memory_bytes: 9_000_000, faults: this.faults, events: this.events,
      store: { readings: 1_204_311, bytes: 48_400_000, first: last, last, format: 1 },
    };
  }

  api(path, query) {
    const none = { error: { code: 'transient', what: 'no reading yet; wait a second' } };
    switch (path) {
      case '/api/v1/status': return [200, this.status()];
      case '/api/v1/now': return this.newest_s === null ? [503, none] : [200, this.now()];
      case '/api/v1/energy': return this.newest_s === null ? [503, none] : [200, this.energy()];
      case '/api/v1/readings': return [200, this.readings(query)];
      default: return [404, { error: { code: 'not_found', what: `no address ${path}` } }];
    }
  }

  serve(request, answer) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    this.asked.push(pathname);
    answer.setHeader('Content-Security-Policy', kPolicy);
    answer.setHeader('X-Content-Type-Options', 'nosniff');
    if (pathname === '/api/v1/live') return this.live(answer);
    if (pathname.startsWith('/api/')) {
      const [status, body] = this.api(pathname, searchParams);
      answer.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
      return answer.end(JSON.stringify(body));
    }
    const file = join(this.dist, pathname === '/' ? 'index.html' : pathname);
    if (!file.startsWith(this.dist) || !existsSync(file)) return answer.writeHead(404).end();
    answer.writeHead(200, { 'Content-Type': kTypes[extname(file)] ?? 'application/octet-stream' });
    return createReadStream(file).pipe(answer);
  }

  live(answer) {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    answer.flushHeaders();
    this.streams.add(answer);
    answer.on('close', () => this.streams.delete(answer));
    if (this.newest_s !== null) this.send(answer);
  }
}

export const kFault = {
  name: 'chip_absent', since: new Date(Date.now() - 640_000).toISOString(),
  what: 'The energy chip does not answer on /dev/spidev0.0',
  remedy: 'check that the board sits firmly on its pins and has power, then look at the wiring in docs/hardware.md',
};

export function gap_event(from_s, to_s) {
  const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
  return { kind: 'gap', begin: ago(from_s), end: ago(to_s), cause: 'the energy chip was reset' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const is = (name) => words.includes(`--${name}`);
  const [port, dist] = words.filter((word) => !word.startsWith('--'));
  const built = fileURLToPath(new URL('../../web/dist', import.meta.url));
  const meter = await FakeMeter.start(dist ?? built, Number(port ?? 0));
  meter.exporting = is('export');
  meter.simulated = !is('real');
  if (is('three')) meter.lines = ['a', 'b', 'c'];
  if (is('fault')) meter.faults = [kFault];
  if (is('gap')) meter.gap = [1500, 1080];
  if (is('gap')) meter.events = [gap_event(1500, 1080)];
  if (is('no-reading')) meter.newest_s = null;
  else setInterval(() => is('fault') || meter.push(), 1000);
  console.log(meter.url);
}
