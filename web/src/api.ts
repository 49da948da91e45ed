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
  [channel: string]: unknown;
}

export interface Fault {
  name: string;
  since: string;
  what: string;
  remedy: string;
}

export interface MeterEvent {
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
  today: { since: string; net: Totals; counted: Totals };
}

/** A channel of a reading, or null where there is none or it was not measured. */
export function channel(reading: Reading | null, name: string): number | null {
  const value = reading?.[name];
  return typeof value === 'number' ? value : null;
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
