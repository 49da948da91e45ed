// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { from_answer } from '../src/series';
import { chart_words, direction, direction_words, event_words, health_of, line_name, state_of, state_words } from '../src/wording';

const plain = (text: string) => text.replace(/\u202f/g, ' ');

test('which way power flows is said in words', () => {
  const say = (p: number | null, live = true) => direction_words(direction(p), live);
  assert.equal(say(1200), 'Using from the grid');
  assert.equal(say(-1200), 'Sending to the grid');
  assert.equal(say(0.4), 'Nothing from or to the grid');
  assert.equal(say(null), 'No value');
  assert.equal(say(-5, false), 'Was sending to the grid');
});

test('lines are called what an electrician calls them there', () => {
  assert.equal(line_name('c', 'split_phase'), 'Leg C');
  assert.equal(line_name('b', 'three_phase'), 'Phase B');
  assert.equal(line_name('a', 'single_phase'), 'Line A');
});

test('a reading is stale after 5 s, of a slow meter after two and a half intervals', () => {
  const state = (age_s: number | null, interval_s = 1) => state_of({ reachable: true, age_s, interval_s });
  assert.equal(state(4.9), 'live');
  assert.equal(state(5.1), 'stale');
  assert.equal(state(24, 10), 'live');
  assert.equal(state(26, 10), 'stale');
  assert.equal(state(null), 'none');
});

test('a lost connection is lost, whatever the newest reading', () => {
  assert.equal(state_of({ reachable: false, age_s: 0.1, interval_s: 1 }), 'lost');
  assert.equal(state_of({ reachable: null, age_s: null, interval_s: 1 }), 'loading');
  assert.match(state_words('lost', 3), /reconnecting/);
  assert.equal(plain(state_words('stale', 12)), 'Stale: last reading 12 s ago');
});

test('all is well only while readings come and nothing is wrong', () => {
  assert.deepEqual(health_of(0, 'live'), ['good', 'All is well']);
  assert.equal(health_of(0, 'stale')[0], 'doubt');
  assert.deepEqual(health_of(1, 'live'), ['bad', '1 fault']);
  assert.deepEqual(health_of(2, 'stale'), ['bad', '2 faults']);
  assert.equal(health_of(2, 'lost')[0], 'doubt');
});

test('the chart is told to those who do not see it, gaps included', () => {
  const row = (s: number, p: number): number[] => [1_763_850_000_000 + s * 1000, p];
  const hour = (...rows: number[][]) => from_answer({ columns: ['time', 'p'], rows }, ['p'], 10);
  assert.equal(plain(chart_words(hour(row(0, -100), row(10, 1500)))), 'Between −100 W and 1.50 kW, 700 W on average.');
  assert.match(plain(chart_words(hour(row(0, 1), row(130, 1)))), /No readings from .* to .* \(2 min\)\.$/);
  assert.match(plain(chart_words(hour(row(0, 1), row(40, 1), row(80, 1)))), /No readings at 2 times, 1 min in all\.$/);
  assert.equal(chart_words(hour()), 'No readings in the last hour.');
});

test('an event that lasts is told as lasting', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const at = (min: number) => new Date(now - min * 60_000).toISOString();
  const event = (kind: string, begin: string, end: string | null) => plain(event_words({ kind, begin, end, cause: '' }, now));
  assert.match(event('gap', at(10), null), /^No readings since /);
  assert.match(event('gap', at(10), at(2)), /^No readings for 8 min, /);
  assert.match(event('chip_reset', at(10), at(10)), /^Chip was reset, /);
  assert.match(event('some_new_kind', at(10), null), /^some new kind since /);
});
