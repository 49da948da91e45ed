// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, amps, count, decimal, duration, energy, moment, power, watts } from '../src/format';

const plain = (text: string) => text.replace(/\u202f/g, ' ');

test('watts below a kilowatt, kilowatts with two decimals from there on', () => {
  assert.deepEqual(watts(431.6), { value: '432', unit: 'W' });
  assert.deepEqual(watts(999.4), { value: '999', unit: 'W' });
  assert.deepEqual(watts(999.5), { value: '1.00', unit: 'kW' });
  assert.deepEqual(watts(12_345), { value: '12.35', unit: 'kW' });
});

test('export is negative, with a minus as wide as a digit', () => {
  assert.deepEqual(watts(-1234.5), { value: '−1.23', unit: 'kW' });
  assert.equal(plain(power(-40)), '−40 W');
});

test('nothing is ever "minus zero"', () => {
  assert.equal(plain(power(-0.3)), '0 W');
  assert.equal(plain(amps(-0.004)), '0.00 A');
});

test('an absent value is a dash and has no size', () => {
  assert.deepEqual(watts(null), { value: '–', unit: '' });
  assert.equal(decimal(undefined, 2), '–');
  assert.equal(count(null), '–');
  assert.deepEqual(energy(null), { value: '–', unit: 'kWh' });
});

test('energy is in kilowatt-hours, however little', () => {
  assert.equal(energy(432).value, '0.43');
  assert.equal(energy(99_990).value, '99.99');
  assert.equal(energy(123_456).value, '123.5');
});

test('large counts are grouped', () => {
  assert.equal(plain(count(1_204_311)), '1 204 311');
  assert.equal(count(999), '999');
});

test('a duration is told no finer than anyone wants to know', () => {
  const told = [0.4, 59.4, 59.6, 3599, 3600, 12_000, 86_400, 400_000].map((s) => plain(duration(s)));
  assert.deepEqual(told, ['0 s', '59 s', '1 min', '1 h', '1 h', '3 h 20 min', '1 day', '5 days']);
  assert.equal(plain(ago(1)), 'just now');
  assert.equal(plain(ago(7.2)), '7 s ago');
});

test('a moment has its date unless it is today', () => {
  const noon = new Date(2026, 10, 22, 12, 0).getTime();
  const told = (ms: number) => moment(new Date(ms).toISOString(), noon);
  assert.doesNotMatch(told(noon - 3_600_000), /22|21/);
  assert.match(told(noon - 86_400_000), /21/);
  assert.equal(moment('nonsense', noon), '–');
});
