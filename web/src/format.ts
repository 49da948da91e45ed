// SPDX-License-Identifier: MIT
//
// Numbers and times as a householder reads them. Pure.
//
// Shape:   an absent value is a dash, never 0; a minus is U+2212, as wide as a digit
// Units:   watts below 1000 W, else kilowatts with two decimals; energy always in kWh

export type Maybe = number | null | undefined;

export const kAbsent = '–';
const kThin = '\u202f'; // narrow, and does not break

export interface Figure {
  value: string;
  unit: string;
}

/** Decimals that never say "−0". */
export function decimal(value: Maybe, decimals: number): string {
  if (value == null) return kAbsent;
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? '−' + text : text;
}

function scaled(value: Maybe, unit: string): Figure {
  // 999.6 W would round to "1000 W".
  if (value != null && Math.abs(value) >= 999.5) {
    return { value: decimal(value / 1000, 2), unit: 'k' + unit };
  }
  return { value: decimal(value, 0), unit: value == null ? '' : unit };
}

export const watts = (value: Maybe): Figure => scaled(value, 'W');
export const joined = (figure: Figure): string => figure.value + kThin + figure.unit;
export const power = (value: Maybe): string => joined(watts(value));
export const apparent = (value: Maybe): string => joined(scaled(value, 'VA'));
export const reactive = (value: Maybe): string => joined(scaled(value, 'var'));
export const volts = (value: Maybe): string => decimal(value, 1) + kThin + 'V';
export const amps = (value: Maybe): string => decimal(value, 2) + kThin + 'A';
export const hertz = (value: Maybe): string => decimal(value, 2) + kThin + 'Hz';

export function energy(wh: Maybe): Figure {
  const kwh = wh == null ? null : wh / 1000;
  return { value: decimal(kwh, kwh != null && Math.abs(kwh) >= 99.995 ? 1 : 2), unit: 'kWh' };
}

export const megabytes = (bytes: number): string => decimal(bytes / 1e6, 1) + kThin + 'MB';

/** 1234567 as "1 234 567". */
export function count(value: Maybe): string {
  return value == null ? kAbsent : String(value).replace(/\B(?=(\d{3})+$)/g, kThin);
}

/** "42 s", "8 min", "3 h 20 min", "5 days": no more than anyone wants to know. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}${kThin}s`;
  const min = Math.round(s / 60);
  if (min < 60) return `${min}${kThin}min`;
  const h = Math.floor(min / 60);
  if (h < 24) return `${h}${kThin}h` + (min % 60 ? ` ${min % 60}${kThin}min` : '');
  const days = Math.round(h / 24);
  return days === 1 ? '1 day' : `${days} days`;
}

export const ago = (seconds: number): string =>
  seconds < 1.5 ? 'just now' : duration(seconds) + ' ago';

/** Time of day where the browser is. */
export function clock(ms: number, seconds = false): string {
  const second = seconds ? ('2-digit' as const) : undefined;
  return new Date(ms).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit', second });
}

/** Time of day, with the date unless it is today's. */
export function moment(iso: string, now_ms: number): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return kAbsent;
  const date = new Date(ms);
  if (date.toDateString() === new Date(now_ms).toDateString()) return clock(ms);
  return date.toLocaleDateString([], { day: 'numeric', month: 'short' }) + ', ' + clock(ms);
}
