// SPDX-License-Identifier: MIT
//
// Faults on top of the page, and the health card: how old the newest reading is, what was missed.

import type { Fault, Status } from './api';
import { fill, make, set, show } from './dom';
import { ago, count, duration, kAbsent, megabytes, moment } from './format';
import { event_words, health_of, type State } from './wording';

const kEvents = 3;

export function show_faults(status: Status): void {
  const faults = status.faults;
  show('faults', faults.length > 0);
  fill('fault-list', JSON.stringify(faults), () => faults.map(fault_item));
}

function fault_item(fault: Fault): HTMLElement {
  const item = make('li', '', 'notice bad');
  item.append(
    make('strong', fault.meter ? `${fault.meter}: ${fault.what}` : fault.what),
    make('span', `Since ${moment(fault.since, Date.now())}. What to do: ${fault.remedy}`),
  );
  return item;
}

export function show_health(status: Status | null, state: State, age_s: number | null): void {
  set('age', age_s === null ? kAbsent : ago(age_s));
  if (!status) return;
  const [health, verdict] = health_of(status.faults.length, state);
  document.body.dataset.health = health;
  set('verdict', verdict);
  const store = status.store;
  set('kept', store ? `${count(store.readings)} readings, ${megabytes(store.bytes)}` : kAbsent);
  set('missed', count(status.missed));
  set('uptime', duration(status.uptime_s));
  const events = status.events.slice(0, kEvents);
  fill('events', JSON.stringify(events), () =>
    events.map((event) => {
      const item = make('li', (event.meter ? `${event.meter}: ` : '') + event_words(event, Date.now()));
      if (event.cause) item.append(`: ${event.cause}`);
      return item;
    }),
  );
}
