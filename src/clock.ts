/** Where the time comes from. Everything that stores, shows or compares a time asks the context's clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

/** The machine's own time. */
export const systemClock: Clock = { now: () => Date.now() };

/** What a clock shows in place of the machine's time. */
export interface ClockSetting {
  /** Milliseconds ahead of the machine's time; negative behind it. It does not count while the clock is frozen. */
  offset: number;
  /** The time at which the clock stands still. */
  frozenAt: number | undefined;
}

/** The clock of a context: the machine's time, until the sandbox moves it. */
export class MovableClock implements Clock {
  #setting: ClockSetting = { offset: 0, frozenAt: undefined };

  now(): number {
    const { offset, frozenAt } = this.#setting;
    return frozenAt ?? systemClock.now() + offset;
  }

  get isFrozen(): boolean {
    return this.#setting.frozenAt !== undefined;
  }

  /** Milliseconds ahead of the machine's time at this moment. */
  get offset(): number {
    const { offset, frozenAt } = this.#setting;
    return frozenAt === undefined ? offset : frozenAt - systemClock.now();
  }

  get setting(): ClockSetting {
    return this.#setting;
  }

  /** Shows another time from now on. A frozen clock stays frozen, and a running one runs on. */
  set(now: number): void {
    this.#setting = this.isFrozen
      ? { offset: 0, frozenAt: now }
      : { offset: now - systemClock.now(), frozenAt: undefined };
  }

  /** Moves ahead by exactly so many milliseconds. */
  advance(milliseconds: number): void {
    const { offset, frozenAt } = this.#setting;
    this.#setting =
      frozenAt === undefined
        ? { offset: offset + milliseconds, frozenAt }
        : { offset, frozenAt: frozenAt + milliseconds };
  }

  /** Stands still, or goes on from where it stands. */
  freeze(isFrozen: boolean): void {
    const { offset, frozenAt } = this.#setting;
    const machine = systemClock.now();
    const now = frozenAt ?? machine + offset;
    this.#setting = { offset: now - machine, frozenAt: isFrozen ? now : undefined };
  }

  /** Shows what another clock showed, or without a setting the machine's time. */
  restore(setting: ClockSetting = { offset: 0, frozenAt: undefined }): void {
    this.#setting = setting;
  }
}

/** China's time is ahead of UTC by this much all year round. The documents write their times in it. */
export const CHINA_OFFSET_MS = 8 * 60 * 60 * 1000;
