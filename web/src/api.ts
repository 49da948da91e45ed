// SPDX-License-Identifier: MIT
//
// The daemon's answers as the page uses them, and how to ask. Addresses are relative, so that the
// page works behind a proxy's path too.
//
// Errors:  ask() rejects with one line for the householder
// Source:  docs/api.md

/** `event: reading`; channels of lines that are not in use are left out, absent values are null. */
export interface Reading {
  time: string;
  meter: string;
  simulated: boolean;
  age_s: number;
  flags: string[];
  house?: HouseNow; // where it is a stated sum
  meters?: MeterNow[]; // all, where there are several
  [channel: string]: unknown;
}

export interface HouseNow {
  sum: string;
  p: number | null;
  missing: string[];
}

/** As Reading; time and age are null before its first one. */
export interface MeterNow {
  time: string | null;
  meter: string;
  age_s: number | null;
  flags: string[];
  line_names: Record<string, string>;
  [channel: string]: unknown;
}

export interface Fault {
  meter?: string; // whose, where there are several
  name: string;
  since: string;
  what: string;
  remedy: string;
}

export interface MeterEvent {
  meter?: string;
  kind: string;
  begin: string;
  end: string | null;
  cause: string;
}

export interface Status {
  version: string;
  simulated: boolean;
  house: string;
  device: string;
  wiring: string;
  lines: string[];
  meter: string;
  sum?: string;
  meters?: { meter: string; wiring: string; lines: string[] }[];
  interval_s: number;
  uptime_s: number;
  last_reading: string | null;
  missed: number;
  store: { readings: number; bytes: number } | null;
  faults: Fault[];
  events: MeterEvent[];
}

export interface Readings {
  columns: string[];
  rows: (number | null)[][];
}

export interface Totals {
  import_wh: number;
  export_wh: number;
}

export interface Energy {
  today?: { since: string; net: Totals; counted: Totals };
  house?: { today: Totals & { since: string } };
}

/** A channel of a reading, or null where there is none or it was not measured. */
export function channel(reading: Reading | MeterNow | null, name: string): number | null {
  const value = reading?.[name];
  return typeof value === 'number' ? value : null;
}

/** Power of the house: by its sum, else that of the one meter. */
export function house_power(reading: Reading | null): number | null {
  return reading?.house ? reading.house.p : channel(reading, 'p');
}

/** As old as the newest of its meters, for the first may be silent. */
export function settled(reading: Reading): Reading {
  const newest = (reading.meters ?? []).reduce<MeterNow | null>(
    (best, each) => (each.time !== null && (!best || each.time > best.time!) ? each : best),
    null,
  );
  return newest ? { ...reading, time: newest.time!, age_s: newest.age_s! } : reading;
}

export async function ask<T>(path: string, timeout_ms = 5000): Promise<T> {
  const signal = AbortSignal.timeout(timeout_ms);
  const answer = await fetch(path, { signal, cache: 'no-store' }).catch(() => {
    throw new Error('no answer'); // browsers have a jargon of their own for it
  });
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  throw new Error(body?.error?.what ?? `the meter answered ${answer.status}`);
}
