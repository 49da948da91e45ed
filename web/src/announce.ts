// SPDX-License-Identifier: MIT
//
// What a screen reader is told unasked: seldom, and only what is new. The newest of what comes too
// soon is said when its time has come.

export const kQuiet_s = 15;

export class Announcer {
  private said_ = '';
  private said_at_ = -Infinity;

  /** `say` is handed the text; `now` counts seconds. */
  constructor(
    private readonly say_: (text: string) => void,
    private readonly now_: () => number,
  ) {}

  /** To be called now and then, with what there is to say at the moment. */
  tell(text: string): void {
    if (text === this.said_ || this.now_() - this.said_at_ < kQuiet_s) return;
    this.said_ = text;
    this.said_at_ = this.now_();
    this.say_(text);
  }
}

/** Powers that differ by less than a fifth, or by less than 100 W, are the same to the ear. */
export function coarse(before: number | null, p: number): number {
  if (before !== null && Math.sign(before) === Math.sign(p)) {
    if (Math.abs(p - before) < Math.max(100, Math.abs(before) / 5)) return before;
  }
  return p;
}
