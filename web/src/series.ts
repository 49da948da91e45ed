// SPDX-License-Identifier: MIT
//
// The last hour as columns: what the daemon answered, grown by what comes live. Pure, but for
// add(), which changes the series given.
//
// Shape:   `times` are starts of steps, rising; a step without readings has no row, and a gap is
//          where rows are missing. Only plotted() puts nulls there, for uPlot draws no line to them.
// Units:   times in Unix seconds, as uPlot wants them

import type { Readings } from './api';

export interface Series {
  step: number; // s
  names: string[];
  times: number[];
  values: (number | null)[][]; // one array a name, as long as `times`
  counts: number[]; // readings behind the last row, one a name; from live ones only
}

export interface Gap {
  from: number;
  to: number;
}

/** Steps of 10 s, or longer where readings come more seldom than that. */
export function step_for(interval_s: number): number {
  return Math.max(10, Math.ceil((interval_s * 2) / 10) * 10);
}

export function from_answer(answer: Readings, names: string[], step: number): Series {
  const columns = names.map((name) => answer.columns.indexOf(name));
  return {
    step,
    names,
    times: answer.rows.map((row) => (row[0] ?? 0) / 1000),
    values: columns.map((at) => answer.rows.map((row) => (at < 0 ? null : (row[at] ?? null)))),
    counts: names.map(() => 0),
  };
}

/** Takes a live reading into its step, whose value is the mean. One from the past is left out. */
export function add(series: Series, time_s: number, values: (number | null)[]): void {
  const start = Math.floor(time_s / series.step) * series.step;
  const last = series.times.length - 1;
  const newest = series.times[last] ?? -Infinity;
  if (!(start >= newest)) return;
  if (start > newest) {
    series.times.push(start);
    series.values.forEach((column) => column.push(null));
    series.counts.fill(0);
  }
  const row = series.times.length - 1;
  series.values.forEach((column, n) => {
    const value = values[n];
    if (value == null) return;
    const count = series.counts[n]!++;
    column[row] = count === 0 ? value : (column[row]! * count + value) / (count + 1);
  });
}

/** Drops what ended before `from`. */
export function trim(series: Series, from: number): void {
  const drop = series.times.filter((time) => time + series.step <= from).length;
  for (const column of [series.times, ...series.values]) column.splice(0, drop);
}

/** Times within the rows that no reading tells of. Before the first row nothing was to be kept. */
export function gaps(series: Series): Gap[] {
  const found: Gap[] = [];
  for (let n = 1; n < series.times.length; ++n) {
    const from = series.times[n - 1]! + series.step;
    if (series.times[n]! > from) found.push({ from, to: series.times[n]! });
  }
  return found;
}

/** For uPlot: times, then one array a name, with a row of nulls in each gap. */
export function plotted(series: Series): [number[], ...(number | null)[][]] {
  const times: number[] = [];
  const values: (number | null)[][] = series.names.map(() => []);
  series.times.forEach((time, row) => {
    const due = series.times[row - 1]! + series.step;
    if (time > due) {
      times.push(due);
      values.forEach((column) => column.push(null));
    }
    times.push(time);
    values.forEach((column, n) => column.push(series.values[n]![row] ?? null));
  });
  return [times, ...values];
}

export interface Spread {
  min: number;
  mean: number;
  max: number;
}

/** Least, mean and greatest of a column's steps; null if it has none. */
export function spread(column: (number | null)[]): Spread | null {
  const known = column.filter((value): value is number => value != null);
  if (known.length === 0) return null;
  return {
    min: Math.min(...known),
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    max: Math.max(...known),
  };
}

export interface TableRow {
  time: number;
  values: (number | null)[]; // means; all null in a gap
}

/** Means of each `length` seconds, newest first, gaps included. */
export function table(series: Series, length: number): TableRow[] {
  const rows: TableRow[] = [];
  const first = Math.floor((series.times[0] ?? 0) / length) * length;
  const last = series.times.at(-1);
  if (last === undefined) return rows;
  let row = 0;
  for (let start = first; start <= last; start += length) {
    const begin = row;
    while (row < series.times.length && series.times[row]! < start + length) ++row;
    const values = series.values.map((column) => spread(column.slice(begin, row))?.mean ?? null);
    rows.unshift({ time: start, values });
  }
  return rows;
}
