// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcer, coarse, kQuiet_s } from '../src/announce';

test('a screen reader is told at most one thing in ten seconds, and nothing twice', () => {
  let now = 0;
  const said: [number, string][] = [];
  const announcer = new Announcer((text) => said.push([now, text]), () => now);
  for (; now < 60; ++now) announcer.tell(now < 20 ? 'calm' : `now ${now}`);
  assert.deepEqual(said[0], [0, 'calm']);
  assert.ok(said.length >= 3);
  said.slice(1).forEach(([time], n) => assert.ok(time - said[n]![0] >= Math.max(10, kQuiet_s)));
});

test('small changes of power are not worth a word, a change of direction is', () => {
  assert.equal(coarse(null, 300), 300);
  assert.equal(coarse(300, 390), 300);
  assert.equal(coarse(300, 420), 420);
  assert.equal(coarse(3000, 3500), 3000);
  assert.equal(coarse(40, -40), -40);
});
