// SPDX-License-Identifier: MIT
//
// The connection to the daemon: the stream of readings, and a status asked for now and then, which
// also tells whether anybody is there. Reconnects for ever, ever slower up to 10 s.
//
// Flow:    /api/v1/live, /api/v1/status -> Link -> main
// Errors:  none leave; they are `reachable` and `trouble`
// Note:    a page that is not seen holds no stream: browsers allow six to a host

import { ask, settled, type Reading, type Status } from './api';

const kSlowest_s = 10;

export class Link {
  reachable: boolean | null = null;
  trouble = '';
  status: Status | null = null;
  newest: Reading | null = null;
  private newest_at_ = 0; // s, when it came
  private stream_: EventSource | null = null;
  private failures_ = 0;
  private timer_ = 0;

  constructor(
    private readonly on_reading_: (reading: Reading) => void,
    private readonly on_change_: () => void, // status, reachable
    private readonly on_return_: () => void, // connected, for the first time or again
  ) {
    document.addEventListener('visibilitychange', () => {
      this.drop_();
      if (!document.hidden) void this.poll_();
    });
    void this.poll_();
  }

  /** Of the newest reading by the daemon's clock, whatever the browser's says. */
  age_s(): number | null {
    return this.newest && this.newest.age_s + (performance.now() / 1000 - this.newest_at_);
  }

  private async poll_(): Promise<void> {
    clearTimeout(this.timer_);
    try {
      this.status = await ask<Status>('api/v1/status');
      this.reachable = true;
      this.trouble = '';
      if (this.is_deaf_(this.status)) this.drop_();
      if (!this.stream_ && !document.hidden) this.open_();
    } catch (error) {
      this.reachable = false;
      this.trouble = (error as Error).message;
      ++this.failures_;
      this.drop_();
    }
    this.on_change_();
    if (!document.hidden) this.poll_in_(this.pause_());
  }

  private poll_in_(seconds: number): void {
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => void this.poll_(), seconds * 1000);
  }

  private pause_(): number {
    if (this.failures_ > 0) return Math.min(kSlowest_s, 2 ** (this.failures_ - 1));
    return this.status?.faults.length || (this.age_s() ?? 99) > 5 ? 3 : kSlowest_s;
  }

  // A stream may be dead without a word, as when the wireless network changed.
  private is_deaf_(status: Status): boolean {
    if (!this.stream_ || !this.newest || !status.last_reading) return false;
    return Date.parse(status.last_reading) - Date.parse(this.newest.time) > 10_000;
  }

  private open_(): void {
    const stream = new EventSource('api/v1/live');
    this.stream_ = stream;
    this.on_return_();
    stream.addEventListener('reading', (event) => {
      this.failures_ = 0;
      this.newest = settled(JSON.parse(event.data) as Reading);
      this.newest_at_ = performance.now() / 1000;
      this.on_reading_(this.newest);
    });
    stream.onerror = () => {
      if (stream !== this.stream_) return;
      this.drop_();
      ++this.failures_;
      this.poll_in_(this.failures_ > 1 ? this.pause_() : 0.3);
    };
  }

  private drop_(): void {
    this.stream_?.close();
    this.stream_ = null;
  }
}
