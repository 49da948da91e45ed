// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, from_answer, gaps, plotted, type Series, spread, step_for, table, trim } from '../src/series';

const kStart = 1_763_850_000; // a multiple of 10

// Rows of p at the given seconds after kStart.
function series(...rows: [number, number | null][]): Series {
  const answer = {
    columns: ['time', 'p', 'flags'],
    rows: rows.map(([s, p]) => [(kStart + s) * 1000, p, 0]),
  };
  return from_answer(answer, ['p'], 10);
}
const since_start = (times: number[]) => times.map((time) => time - kStart);

test('columns are found by name, a missing one is absent', () => {
  const answer = { columns: ['time', 'p_a', 'p', 'flags'], rows: [[kStart * 1000, 5, 7, 1]] };
  assert.deepEqual(from_answer(answer, ['p', 'p_c'], 10).values, [[7], [null]]);
});

test('steps hold at least two readings of a slow meter', () => {
  assert.deepEqual([0.25, 1, 5, 7, 10].map(step_for), [10, 10, 10, 20, 20]);
});

test('a gap is where rows are missing, and no line is drawn across', () => {
  const hour = series([0, 1], [10, 2], [60, 3], [70, 4]);
  assert.deepEqual(gaps(hour), [{ from: kStart + 20, to: kStart + 60 }]);
  const [times, p] = plotted(hour);
  assert.deepEqual(since_start(times), [0, 10, 20, 60, 70]);
  assert.deepEqual(p, [1, 2, null, 3, 4]);
});

test('without a gap nothing is put between', () => {
  assert.deepEqual(plotted(series([0, 1], [10, 2]))[1], [1, 2]);
  assert.deepEqual(gaps(series()), []);
  assert.deepEqual(plotted(series()), [[], []]);
});

test('live readings of one step become their mean', () => {
  const hour = series([0, 100]);
  for (const [s, p] of [[11, 10], [12, 20], [19.9, 60]] as const) add(hour, kStart + s, [p]);
  assert.deepEqual(since_start(hour.times), [0, 10]);
  assert.deepEqual(hour.values, [[100, 30]]);
});

test('the first live reading replaces the unfinished step of the answer', () => {
  const hour = series([0, 100]);
  add(hour, kStart + 5, [40]);
  add(hour, kStart + 6, [60]);
  assert.deepEqual(hour.values, [[50]]);
});

test('an absent live value leaves the mean alone', () => {
  const hour = series([0, 100]);
  add(hour, kStart + 11, [null]);
  assert.deepEqual(hour.values, [[100, null]]);
  add(hour, kStart + 12, [8]);
  assert.deepEqual(hour.values, [[100, 8]]);
});

test('live readings after a break leave the gap a gap', () => {
  const hour = series([0, 1]);
  add(hour, kStart + 55, [2]);
  assert.deepEqual(gaps(hour), [{ from: kStart + 10, to: kStart + 50 }]);
});

test('a reading from the past changes nothing', () => {
  const hour = series([0, 1], [10, 2]);
  add(hour, kStart + 5, [99]);
  add(hour, NaN, [99]);
  assert.deepEqual(hour.values, [[1, 2]]);
});

test('what ended before the hour is dropped from every column', () => {
  const hour = series([0, 1], [10, 2], [20, 3]);
  trim(hour, kStart + 15);
  assert.deepEqual(since_start(hour.times), [10, 20]);
  assert.deepEqual(hour.values, [[2, 3]]);
  trim(hour, kStart + 100);
  assert.deepEqual(hour.times, []);
});

test('the spread is of known values only', () => {
  assert.deepEqual(spread([null, 4, -2, null]), { min: -2, mean: 1, max: 4 });
  assert.equal(spread([null]), null);
});

test('the table has a row a minute, newest first, and shows a gap as absent', () => {
  const hour = series([0, 10], [10, 20], [120, 5]);
  const first = Math.floor(kStart / 60) * 60;
  const rows = table(hour, 60);
  assert.equal(rows[rows.length - 1]!.time, first);
  assert.deepEqual(rows.map((row) => row.values[0]), [5, null, 15]);
  assert.deepEqual(table(series(), 60), []);
});
