// SPDX-License-Identifier: MIT
//
// The meters of a house that has several, each with its lines, under the house's total.

import { channel, type MeterNow, type Reading, type Status } from './api';
import { fill, get, make, set_text } from './dom';
import { ago, amps, power, volts, watts } from './format';
import { line_name, meter_way, stale_after, type State } from './wording';

export function show_meters(reading: Reading | null, status: Status, state: State): void {
  const meters = status.meters!;
  fill('lines', JSON.stringify(meters), () =>
    meters.map((meter) => {
      const template = get('meter-card') as HTMLTemplateElement;
      const item = template.content.cloneNode(true) as DocumentFragment;
      set_text(item.querySelector('h3')!, meter.meter);
      const facts = item.querySelector('dl')!;
      for (const line of meter.lines) {
        const row = make('div');
        row.dataset.line = line;
        row.append(make('dt', line_name(line, meter.wiring)), make('dd'));
        facts.append(row);
      }
      return item;
    }),
  );
  [...get('lines').children].forEach((card, n) => {
    const now = reading?.meters?.find((each) => each.meter === meters[n]!.meter) ?? null;
    show_meter(card as HTMLElement, now, status, state);
  });
}

function show_meter(card: HTMLElement, now: MeterNow | null, status: Status, state: State): void {
  const put = (place: string, text: string) => set_text(card.querySelector(`[data-${place}]`)!, text);
  const silent = now?.age_s == null || now.age_s > stale_after(status.interval_s);
  card.dataset.silent = String(silent);
  const figure = watts(channel(now, 'p'));
  put('p', figure.value);
  put('unit', figure.unit || 'W');
  put('way', way_words(now, silent, state));
  for (const row of card.querySelectorAll<HTMLElement>('dl > div')) {
    const line = row.dataset.line!;
    const name = now?.line_names[line];
    if (name) set_text(row.querySelector('dt')!, name);
    const value = (quantity: string) => channel(now, `${quantity}_${line}`);
    set_text(row.querySelector('dd')!, `${power(value('p'))} · ${volts(value('u'))} · ${amps(value('i'))}`);
  }
}

function way_words(now: MeterNow | null, silent: boolean, state: State): string {
  if (now?.age_s == null) return 'No reading yet';
  if (silent) return `Silent: last reading ${ago(now.age_s)}`;
  if (now.flags.includes('no_voltage')) return 'No voltage: powers are not to be believed';
  return meter_way(channel(now, 'p'), state === 'live');
}
