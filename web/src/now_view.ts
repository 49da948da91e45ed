// SPDX-License-Identifier: MIT
//
// Power now, of the house and of each line, and the mains.

import { channel, house_power, type Reading, type Status } from './api';
import { fill, get, make, set, set_text, show } from './dom';
import { amps, apparent, decimal, hertz, reactive, volts, watts } from './format';
import { direction, direction_words, line_name, type State } from './wording';

export function show_now(reading: Reading | null, state: State): void {
  const p = house_power(reading);
  const flow = direction(p);
  document.body.dataset.flow = flow;
  const figure = watts(p);
  set('p', figure.value);
  set('p-unit', figure.unit);
  set('way', way_words(reading, state, p));
  show_sum(reading);
  set('pf', decimal(channel(reading, 'pf'), 2));
  set('s', apparent(channel(reading, 's')));
  set('q', reactive(channel(reading, 'q')));
}

// Of a sum of meters only power can be told; what it is the sum of stands in the others' place.
function show_sum(reading: Reading | null): void {
  const house = reading?.house;
  show('now-facts', !house);
  show('sum', !!house);
  if (!house) return;
  const missing = house.missing.length ? ` Without a reading of this moment: ${house.missing.join(', ')}.` : '';
  set('sum', `The house is ${house.sum}.${missing}`);
}

function way_words(reading: Reading | null, state: State, p: number | null): string {
  if (!reading) return state === 'none' ? 'The meter has given no reading yet' : 'Waiting for the meter';
  if (reading.house && p === null) return 'The house is not known: a meter of it is silent';
  if (!reading.house && reading.flags.includes('no_voltage')) return 'No voltage: powers are not to be believed';
  return direction_words(direction(p), state === 'live');
}

export function show_lines(reading: Reading | null, status: Status, state: State): void {
  fill('lines', status.wiring + status.lines.join(), () =>
    status.lines.map((line) => {
      const item = (get('line') as HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
      const card = item.firstElementChild as HTMLElement;
      card.dataset.line = line;
      set_text(card.querySelector('h3')!, line_name(line, status.wiring));
      return item;
    }),
  );
  for (const card of get('lines').children) show_line(card as HTMLElement, reading, state);
}

function show_line(card: HTMLElement, reading: Reading | null, state: State): void {
  const value = (quantity: string) => channel(reading, `${quantity}_${card.dataset.line}`);
  const put = (place: string, text: string) => set_text(card.querySelector(`[data-${place}]`)!, text);
  const figure = watts(value('p'));
  put('p', figure.value);
  put('unit', figure.unit);
  put('way', reading ? direction_words(direction(value('p')), state === 'live') : '\u00a0');
  put('u', volts(value('u')));
  put('i', amps(value('i')));
  put('pf', decimal(value('pf'), 2));
}

export function show_mains(reading: Reading | null, status: Status): void {
  set('f', hertz(channel(reading, 'f')));
  const list = get('mains');
  for (const line of status.lines) {
    const id = `mains-${line}`;
    if (!document.getElementById(id)) {
      const row = make('div');
      const value = make('dd');
      value.id = id;
      row.append(make('dt', `${line_name(line, status.wiring)} voltage`), value);
      list.append(row);
    }
    set(id, volts(channel(reading, `u_${line}`)));
  }
}
