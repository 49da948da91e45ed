// SPDX-License-Identifier: MIT
//
// What the page says in words: which way power flows, how the connection is, what the chart shows.
// Pure. Words are those of docs/glossary.md.

import type { MeterEvent } from './api';
import { ago, clock, duration, moment, power } from './format';
import { type Gap, gaps, type Series, spread } from './series';

export type Direction = 'import' | 'export' | 'even' | 'none';

export function direction(p: number | null): Direction {
  if (p == null) return 'none';
  if (Math.abs(p) < 0.5) return 'even'; // shown as 0 W
  return p > 0 ? 'import' : 'export';
}

const kDirectionWords: Record<Direction, string> = {
  import: 'using from the grid',
  export: 'sending to the grid',
  even: 'nothing from or to the grid',
  none: 'no value',
};

/** "Using from the grid"; once that is no longer known, "Was using from the grid". */
export function direction_words(flow: Direction, live: boolean): string {
  const words = kDirectionWords[flow];
  return live ? words[0]!.toUpperCase() + words.slice(1) : `Was ${words}`;
}

/** Of one meter among several, which may be a branch: the grid is not what it knows. */
export function meter_way(p: number | null, live: boolean): string {
  const flow = direction(p);
  if (flow === 'none') return 'No value';
  const words = flow === 'even' ? 'nothing flows' : flow === 'import' ? 'taking power' : 'giving power';
  return live ? words[0]!.toUpperCase() + words.slice(1) : `Was: ${words}`;
}

export function line_name(line: string, wiring: string): string {
  const noun = wiring === 'split_phase' ? 'Leg' : wiring === 'three_phase' ? 'Phase' : 'Line';
  return `${noun} ${line.toUpperCase()}`;
}

export function lines_title(wiring: string): string {
  return wiring === 'split_phase' ? 'Legs' : wiring === 'three_phase' ? 'Phases' : 'Line';
}

/** What is known of the connection and the newest reading. Ages are those of the daemon's clock. */
export interface Link {
  reachable: boolean | null; // null: not known yet
  age_s: number | null; // of the newest reading; null before the first
  interval_s: number;
}

export type State = 'loading' | 'lost' | 'none' | 'stale' | 'live';

/** Five seconds, or two and a half intervals where readings come more seldom. */
export const stale_after = (interval_s: number): number => Math.max(5, interval_s * 2.5);

export function state_of(link: Link): State {
  if (link.reachable === null) return 'loading';
  if (!link.reachable) return 'lost';
  if (link.age_s === null) return 'none';
  return link.age_s > stale_after(link.interval_s) ? 'stale' : 'live';
}

export function state_words(state: State, age_s: number | null): string {
  switch (state) {
    case 'loading':
      return 'Loading…';
    case 'lost':
      return 'Connection lost, reconnecting…';
    case 'none':
      return 'No reading yet';
    case 'stale':
      return `Stale: last reading ${ago(age_s ?? 0)}`;
    case 'live':
      return 'Live';
  }
}

/** How the meter feels, as a mark and in words. */
export function health_of(faults: number, state: State): ['good' | 'doubt' | 'bad', string] {
  if (state === 'lost') return ['doubt', 'Not known'];
  if (faults > 0) return ['bad', faults === 1 ? '1 fault' : `${faults} faults`];
  return state === 'live' ? ['good', 'All is well'] : ['doubt', 'No new readings'];
}

export const gap_words = (gap: Gap): string =>
  `${clock(gap.from * 1000)} to ${clock(gap.to * 1000)} (${duration(gap.to - gap.from)})`;

/** The chart for those who do not see it. */
export function chart_words(series: Series): string {
  const house = spread(series.values[0] ?? []);
  if (!house) return 'No readings in the last hour.';
  const holes = gaps(series);
  const missing =
    holes.length === 0
      ? ''
      : holes.length === 1
        ? ` No readings from ${gap_words(holes[0]!)}.`
        : ` No readings at ${holes.length} times, ${duration(holes.reduce((sum, gap) => sum + gap.to - gap.from, 0))} in all.`;
  return `Between ${power(house.min)} and ${power(house.max)}, ${power(house.mean)} on average.${missing}`;
}

const kKinds: Record<string, string> = {
  gap: 'No readings',
  outage: 'No power',
  sag: 'Low voltage',
  swell: 'High voltage',
  chip_reset: 'Chip was reset',
  mark: 'Marked',
  start: 'Started',
  stop: 'Stopped',
  energy_lost: 'Energy not counted',
};

/** "No readings since 14:02", "Started 14:02"; the cause is told beside it. */
export function event_words(event: MeterEvent, now_ms: number): string {
  const what = kKinds[event.kind] ?? event.kind.replace(/_/g, ' ');
  const begin = moment(event.begin, now_ms);
  if (event.end === null) return `${what} since ${begin}`;
  const lasted = (Date.parse(event.end) - Date.parse(event.begin)) / 1000;
  return lasted > 0 ? `${what} for ${duration(lasted)}, ${begin}` : `${what}, ${begin}`;
}
