// SPDX-License-Identifier: MIT
//
// The page: puts what the daemon says where index.html has a place for it.
//
// Flow:    Link -> reading, status -> the document; /api/v1/readings -> Hour -> Chart
// Threads: one; what comes in marks the page as old, and the next frame draws it anew

import { Announcer, coarse } from './announce';
import { ask, house_power, type Energy, type Reading, type Status } from './api';
import { set, show } from './dom';
import { energy, joined, moment, power } from './format';
import { Hour } from './hour';
import { Link } from './link';
import { show_meters } from './meters_view';
import { show_lines, show_mains, show_now } from './now_view';
import { show_faults, show_health } from './health_view';
import { direction, direction_words, lines_title, state_of, state_words } from './wording';

const kEnergyEvery_s = 30;

const seconds = () => performance.now() / 1000;
const hour = new Hour();
const announcer = new Announcer((text) => set('say', text), seconds);
const link = new Link(on_reading, later, () => void on_return());
let said_power: number | null = null;
let first_version = '';
let energy_at = -Infinity;
let waiting = false;

function on_reading(reading: Reading): void {
  hour.add(reading);
  later();
}

async function on_return(): Promise<void> {
  energy_at = -Infinity;
  await hour.load(link.status!);
  later();
}

/** Draws the page once, however much comes before the next frame. */
function later(): void {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw(): void {
  const status = link.status;
  const age_s = link.age_s();
  const state = state_of({ reachable: link.reachable, age_s, interval_s: status?.interval_s ?? 1 });
  document.body.dataset.state = state;
  set('state', state_words(state, age_s));
  show('trouble', state === 'lost');
  set('trouble', `The meter cannot be reached (${link.trouble}). What is shown is the last that was known; the page tries again by itself.`);
  show_now(link.newest, state);
  if (status) {
    if (first_version && first_version !== status.version) location.reload();
    first_version = status.version;
    show_whose(status);
    show('simulated', status.simulated);
    set('house', status.house ? `(${status.house})` : '');
    set('version', status.version);
    set('device', status.device ? `· ${status.device}` : '');
    if (status.meters) show_meters(link.newest, status, state);
    else show_lines(link.newest, status, state);
    show_mains(link.newest, status);
    show_faults(status);
  }
  show_health(status, state, age_s);
  hour.draw(link.newest && Date.parse(link.newest.time) / 1000 + (state === 'live' ? 0 : age_s!));
  announce(state, age_s);
  if (state === 'live' && seconds() - energy_at > kEnergyEvery_s) void load_energy();
}

function show_whose(status: Status): void {
  const title = status.meters ? 'Meters' : lines_title(status.wiring);
  set('lines-title', title);
  set('lines-noun', title.toLowerCase());
  set('meter', status.meters ? `${status.meters.length} meters` : status.meter);
}

function announce(state: ReturnType<typeof state_of>, age_s: number | null): void {
  const p = house_power(link.newest);
  if (state === 'live' && p !== null) {
    said_power = coarse(said_power, p);
    document.title = `${power(p)} · FitHome`;
    const faults = link.status?.faults.map((fault) => fault.what).join('. ') ?? '';
    announcer.tell(`${direction_words(direction(said_power), true)}: ${power(Math.abs(said_power))}. ${faults}`);
  } else if (state !== 'loading') {
    document.title = 'FitHome';
    announcer.tell(state === 'stale' ? 'No new readings' : state_words(state, age_s));
  }
}

async function load_energy(): Promise<void> {
  energy_at = seconds();
  const answer = await ask<Energy>('api/v1/energy').catch(() => null);
  const today = answer?.house?.today ?? answer?.today;
  if (!answer || !today) return;
  const net = answer.house?.today ?? answer.today!.net;
  const counted = answer.house ? null : answer.today!.counted;
  for (const [row, totals] of Object.entries({ net, counted })) {
    if (!totals) continue;
    set(`${row}-import`, joined(energy(totals.import_wh)));
    set(`${row}-export`, joined(energy(totals.export_wh)));
  }
  set('since', moment(today.since, Date.now()));
  const several = counted !== null && (link.status?.lines.length ?? 0) > 1;
  show('counted', several);
  show('counted-words', several);
}

setInterval(later, 1000);
