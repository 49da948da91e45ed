// SPDX-License-Identifier: MIT
//
// The chart of the last hour: uPlot dressed in the page's colours. Above zero power comes from the
// grid, below it goes there; a gap is a shaded hole, never a line across.
//
// Flow:    Series -> Chart -> canvas; cursor -> on_cursor
// Units:   watts, Unix seconds

import uPlot from 'uplot';
import { clock, decimal } from './format';
import { gaps, plotted, type Series } from './series';

export const kHour_s = 3600;
const kColours = ['import', 'export', 'line-a', 'line-b', 'line-c', 'rule', 'quiet', 'hole'];
const kFont = '12px system-ui, sans-serif';

export class Chart {
  private colours_: Record<string, string> = {};
  private plot_: uPlot | null = null;
  private series_: Series | null = null;
  private end_ = 0;
  private hidden_ = new Set<string>();

  constructor(
    private readonly box_: HTMLElement,
    private readonly on_cursor_: (time: number | null) => void,
  ) {
    this.read_colours_();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.read_colours_();
      this.plot_?.redraw(false, true);
    });
    new ResizeObserver(() => this.plot_?.setSize(this.size_())).observe(box_);
    box_.addEventListener('keydown', (event) => this.on_key_(event));
    box_.addEventListener('blur', () => this.move_to_(null));
  }

  /** Shows the hour before `end`. Other names than before make a new chart. */
  show(series: Series, end: number): void {
    const same = this.series_?.names.join() === series.names.join();
    this.series_ = series;
    this.end_ = end;
    if (!same) {
      this.plot_?.destroy();
      this.plot_ = this.make_(series);
    }
    this.plot_!.setData(plotted(series), false);
    this.plot_!.setScale('x', { min: end - kHour_s, max: end });
  }

  set_shown(name: string, shown: boolean): void {
    if (shown) this.hidden_.delete(name);
    else this.hidden_.add(name);
    const at = this.series_?.names.indexOf(name) ?? -1;
    if (at >= 0) this.plot_!.setSeries(at + 1, { show: shown });
  }

  private make_(series: Series): uPlot {
    const grid = () => this.colours_['rule']!;
    const axis = {
      stroke: () => this.colours_['quiet']!,
      font: kFont,
      ticks: { show: false },
    };
    return new uPlot(
      {
        ...this.size_(),
        legend: { show: false },
        padding: [12, 28, 0, 0],
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 9, width: 2 } },
        scales: { y: { range: (_, min, max) => y_range(min, max) } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            space: 64,
            values: (_, times) => times.map((time) => clock(time * 1000)),
          },
          { ...axis, grid: { stroke: grid, width: 1 }, size: 52, space: 44, values: y_labels },
        ],
        series: [
          {},
          ...series.names.map((name, n) => ({
            show: !this.hidden_.has(name),
            width: n === 0 ? 2 : 1.5,
            points: { show: false },
            stroke: (u: uPlot) => (n === 0 ? this.two_sided_(u, '') : this.colours_[line_colour(name)]!),
            ...(n === 0 && { fill: (u: uPlot) => this.two_sided_(u, '2b') }),
          })),
        ],
        hooks: {
          drawClear: [(u) => this.draw_gaps_(u)],
          drawAxes: [(u) => this.draw_zero_(u)],
          setCursor: [
            (u) => this.on_cursor_(u.cursor.left! >= 0 ? u.posToVal(u.cursor.left!, 'x') : null),
          ],
        },
      },
      plotted(series),
      this.box_,
    );
  }

  /** The colour of import above zero and of export below. */
  private two_sided_(u: uPlot, alpha: string): CanvasGradient | string {
    const top = u.bbox.top;
    const bottom = top + u.bbox.height;
    const zero = (u.valToPos(0, 'y', true) - top) / (bottom - top);
    const above = this.colours_['import']! + alpha;
    if (!(zero > 0 && zero < 1)) return above;
    const below = this.colours_['export']! + alpha;
    const gradient = u.ctx.createLinearGradient(0, top, 0, bottom);
    gradient.addColorStop(0, above);
    gradient.addColorStop(zero, above);
    gradient.addColorStop(zero, below);
    gradient.addColorStop(1, below);
    return gradient;
  }

  private draw_gaps_(u: uPlot): void {
    const series = this.series_!;
    const holes = gaps(series);
    const last = series.times.at(-1);
    if (last !== undefined && this.end_ > last + 2 * series.step) {
      holes.push({ from: last + series.step, to: this.end_ });
    }
    u.ctx.fillStyle = this.colours_['hole']!;
    for (const { from, to } of holes) {
      const left = Math.max(u.bbox.left, u.valToPos(from - series.step, 'x', true));
      const right = u.valToPos(to, 'x', true);
      u.ctx.fillRect(left, u.bbox.top, Math.max(0, right - left), u.bbox.height);
    }
  }

  private draw_zero_(u: uPlot): void {
    const y = Math.round(u.valToPos(0, 'y', true));
    u.ctx.fillStyle = this.colours_['quiet']!;
    u.ctx.fillRect(u.bbox.left, y, u.bbox.width, 1);
  }

  private size_(): { width: number; height: number } {
    return { width: this.box_.clientWidth, height: this.box_.clientHeight };
  }

  private read_colours_(): void {
    const style = getComputedStyle(document.documentElement);
    for (const name of kColours) this.colours_[name] = style.getPropertyValue('--' + name).trim();
  }

  private on_key_(event: KeyboardEvent): void {
    const step = this.series_?.step ?? 10;
    const left = this.plot_?.cursor.left ?? -1;
    const at = left >= 0 ? this.plot_!.posToVal(left, 'x') : this.end_;
    const wide = event.shiftKey ? 30 : 6;
    const to: Record<string, number | null> = {
      ArrowLeft: at - wide * step,
      ArrowRight: at + wide * step,
      Home: this.end_ - kHour_s,
      End: this.end_,
      Escape: null,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    this.move_to_(to[event.key]!);
  }

  private move_to_(time: number | null): void {
    if (!this.plot_) return;
    const within = time === null ? null : Math.min(this.end_, Math.max(this.end_ - kHour_s, time));
    const left = within === null ? -10 : this.plot_.valToPos(within, 'x');
    this.plot_.setCursor({ left, top: within === null ? -10 : 1 });
  }
}

export const line_colour = (name: string): string => 'line-' + name.slice(-1);

/** Zero is always seen, and a house that does nothing does not look busy. */
function y_range(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(low + 100, max ?? 0, 0);
  const room = (high - low) * 0.06;
  return [low < 0 ? low - room : 0, high + room];
}

function y_labels(_: uPlot, values: number[]): string[] {
  const kilo = values.some((value) => Math.abs(value) >= 1000);
  const fine = values.some((value) => value % 1000 !== 0);
  return values.map((value) =>
    kilo ? decimal(value / 1000, fine ? 1 : 0) + ' kW' : decimal(value, 0) + ' W',
  );
}
