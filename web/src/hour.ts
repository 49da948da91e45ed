// SPDX-License-Identifier: MIT
//
// The last hour: loaded once, grown by each live reading, shown as chart, words and table.
//
// Flow:    /api/v1/readings, Reading -> Series -> Chart, #hour-words, #readout, table

import { ask, channel, house_power, type Reading, type Readings, type Status } from './api';
import { Chart, kHour_s, line_colour } from './chart';
import { fill, get, make, set } from './dom';
import { clock, power } from './format';
import { add, from_answer, type Series, step_for, table, trim } from './series';
import { chart_words, line_name } from './wording';

export class Hour {
  private series_: Series | null = null;
  private labels_: string[] = [];
  private loading_ = false;
  private missed_: Reading[] = []; // while loading
  private cursor_: number | null = null;
  private end_ = 0;
  private readonly chart_ = new Chart(get('chart'), (time) => this.on_cursor_(time));

  constructor() {
    get('table-body').closest('details')!.addEventListener('toggle', () => this.draw_table_());
  }

  async load(status: Status): Promise<void> {
    const lines = status.sum || status.lines.length < 2 ? [] : status.lines;
    const names = ['p', ...lines.map((line) => `p_${line}`)];
    const step = step_for(status.interval_s);
    const address = `api/v1/readings?from=-1h&every=${step}s&channels=${names.join()}${status.sum ? '&meter=house' : ''}`;
    this.loading_ = true;
    try {
      const answer = await ask<Readings>(address, 20_000);
      this.series_ = from_answer(answer, names, step);
      this.labels_ = ['House', ...status.lines.map((line) => line_name(line, status.wiring))];
      this.make_switches_();
      for (const reading of this.missed_) this.add_now_(reading);
    } catch (error) {
      if (!this.series_) set('hour-words', `The last hour could not be loaded: ${(error as Error).message}`);
    }
    this.missed_ = [];
    this.loading_ = false;
  }

  add(reading: Reading): void {
    if (this.loading_) this.missed_.push(reading);
    this.add_now_(reading);
  }

  /** Shows the hour that ends at `until`, in Unix seconds; without a reading, at the last of old. */
  draw(until: number | null): void {
    if (!this.series_) return;
    const end = until ?? this.series_.times.at(-1) ?? Date.now() / 1000;
    this.end_ = end;
    trim(this.series_, end - kHour_s);
    this.chart_.show(this.series_, end);
    set('hour-words', chart_words(this.series_));
    this.on_cursor_(this.cursor_);
    this.draw_table_();
  }

  private add_now_(reading: Reading): void {
    const values = this.series_?.names.map((name) => (name === 'p' ? house_power(reading) : channel(reading, name)));
    if (values) add(this.series_!, Date.parse(reading.time) / 1000, values);
  }

  private make_switches_(): void {
    const { names } = this.series_!;
    if (names.length < 2) return;
    fill('switches', names.join(), () =>
      names.map((name, n) => {
        const button = make('button', this.labels_[n], n === 0 ? 'house' : line_colour(name));
        button.ariaPressed = 'true';
        button.onclick = () => {
          const shown = button.ariaPressed !== 'true';
          button.ariaPressed = String(shown);
          this.chart_.set_shown(name, shown);
        };
        return button;
      }),
    );
  }

  private on_cursor_(time: number | null): void {
    this.cursor_ = time;
    const words = time === null || !this.series_ ? '' : this.words_at_(time);
    set('readout', words || '\u00a0');
    const chart = get('chart');
    chart.ariaValueNow = String(Math.round((time ?? this.end_) - this.end_));
    chart.ariaValueText = words || 'now';
  }

  private words_at_(time: number): string {
    const { times, step, values } = this.series_!;
    const row = times.findIndex((start) => start <= time && time < start + step);
    const what =
      row < 0
        ? 'no readings'
        : values.map((column, n) => `${this.labels_[n]} ${power(column[row])}`).join(', ');
    return `${clock(time * 1000, true)}: ${what}`;
  }

  private draw_table_(): void {
    const body = get('table-body');
    if (!this.series_ || !(body.closest('details') as HTMLDetailsElement).open) return;
    const rows = table(this.series_, Math.max(60, this.series_.step));
    fill('table-head', this.labels_.join(), () =>
      ['Time', ...this.labels_.slice(0, this.series_!.names.length)].map((label) => {
        const cell = make('th', label) as HTMLTableCellElement;
        cell.scope = 'col';
        return cell;
      }),
    );
    fill('table-body', JSON.stringify(rows.slice(0, 2)) + rows.length, () =>
      rows.map((row) => {
        const line = make('tr');
        const head = make('th', clock(row.time * 1000)) as HTMLTableCellElement;
        head.scope = 'row';
        line.append(head, ...row.values.map((value) => make('td', power(value))));
        return line;
      }),
    );
  }
}
