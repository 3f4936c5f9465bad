// What is done around a handler: the rules of `once`.
import { failure } from "../errors";
import type { LogFields, Logger } from "../receive";
import { Beat, type Lease, named } from "./beat";
import type { Claim, Store } from "./store";
import { LateError, PATIENCE, sleep, within } from "./within";

/** For how long a claim that has to wait pauses before it asks again, in milliseconds: from the one to the other. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [20, 250];
/** How long a handler that failed waits until its claim is released, and the least that a commit is waited for. */
const SECOND = 1_000;

/** Options, checked and complete. Times are in milliseconds. */
export interface Settings {
  readonly wait: number | undefined;
  readonly lease: number;
  readonly maxRun: number;
  readonly keep: number;
  readonly maxWaiting: number;
  readonly runsWithout: boolean;
  readonly logger: Logger;
}

/** What is done around one handler. */
export class Around implements Lease {
  readonly store: Store;
  readonly scope: string;
  readonly #settings: Settings;
  #waiting = 0;

  constructor(store: Store, scope: string, settings: Settings) {
    this.store = store;
    this.scope = scope;
    this.#settings = settings;
  }

  get lease(): number {
    return this.#settings.lease;
  }

  get maxRun(): number {
    return this.#settings.maxRun;
  }

  /** Whether the handler runs where the store cannot be asked. */
  get runsWithout(): boolean {
    return this.#settings.runsWithout;
  }

  /**
   * Claims; waits for another one.
   *
   * @returns the claim, which is extended from now on; `undefined` if what the handler does was done before
   * @throws UnavailableError another one still runs, or the store cannot be asked
   */
  async claim(key: string, token: string): Promise<Beat | undefined> {
    let until: number | undefined;
    let pause = FIRST_PAUSE;
    try {
      for (;;) {
        const asked = performance.now();
        const { state, milliseconds: left = 0 } = await this.#ask(key, token);
        if (state !== "busy") {
          return state === "claimed" ? new Beat(this, key, token, asked) : undefined;
        }
        const now = performance.now();
        if (until === undefined) {
          // If that one has died its lease ends, and this one takes over. If not it lives on.
          until = now + (this.#settings.wait ?? left + SECOND);
          this.#waiting += 1;
          this.#refuseCrowd();
        }
        if (now >= until) {
          throw failure("in_progress");
        }
        await sleep(Math.max(1, Math.min(pause, until - now, left + 5)));
        pause = Math.min(pause * 1.5, LONGEST_PAUSE);
      }
    } finally {
      if (until !== undefined) {
        this.#waiting -= 1;
      }
    }
  }

  async #ask(key: string, token: string): Promise<Claim> {
    const asking = (async () => this.store.claim(this.scope, key, token, this.lease))();
    let found: Claim;
    try {
      found = await within(() => asking, PATIENCE);
    } catch (error) {
      if (error instanceof LateError) {
        // Nobody needs it when it comes.
        asking.then(({ state }) => (state === "claimed" ? this.release(key, token) : undefined)).catch(() => {});
      }
      throw failure("store_unavailable", undefined, error);
    }
    if (!["claimed", "done", "busy"].includes(found?.state)) {
      throw new TypeError("the store gave no Claim"); // to take it for one that is done would lose the event
    }
    return found;
  }

  #refuseCrowd(): void {
    if (this.#waiting > this.#settings.maxWaiting) {
      throw failure(
        "in_progress",
        "other copies of the event are being handled, and too many wait for them (maxWaiting)",
      );
    }
  }

  /**
   * Says that the effect was done. Tries again until another one may have claimed.
   *
   * @returns whether the store has it
   */
  async commit(beat: Beat): Promise<boolean> {
    beat.isCommitting = true;
    const until = beat.heldUntil;
    const { keep } = this.#settings;
    let pause = FIRST_PAUSE;
    for (;;) {
      try {
        const patience = Math.max(SECOND, Math.min(PATIENCE, until - performance.now()));
        const kept = await within(() => this.store.commit(this.scope, beat.key, beat.token, keep), patience);
        if (!kept) {
          this.#logLost(beat.key, "another one has claimed it");
        }
        return kept;
      } catch (error) {
        if (performance.now() + pause >= until) {
          this.#logLost(beat.key, named(error));
          return false;
        }
      }
      await sleep(pause);
      pause = Math.min(pause * 2, SECOND);
    }
  }

  /** Gives a claim back, at best, and within a second. If it cannot, the lease ends. */
  async release(key: string, token: string): Promise<void> {
    try {
      await within(() => this.store.release(this.scope, key, token), SECOND);
    } catch (error) {
      this.log("warn", `the claim of ${this.scope} was not released, and ends with its lease: ${named(error)}`, key);
    }
  }

  /** Says that the handler runs although the store cannot be asked. */
  logWithout(key: string, error: Error): void {
    const why = named(error.cause);
    this.log("warn", `the handler of ${this.scope} runs without a claim, since the store cannot be asked: ${why}`, key);
  }

  #logLost(key: string, why: string): void {
    this.log(
      "error",
      `commit_lost: the handler of ${this.scope} has run for ${key}, and the store has no record of it, so another ` +
        `copy runs it again: ${why}`,
      key,
      { reason: "commit_lost" },
    );
  }

  log(level: "warn" | "error", text: string, key: string, more: LogFields = {}): void {
    const { logger } = this.#settings;
    try {
      // `console` prints what it is given, and the fields are in the text.
      const fields = logger === console ? [] : [{ ...more, scope: this.scope, key }];
      logger[level](...([`tink webhook: ${text}`, ...fields] as [string, LogFields]));
    } catch {
      // A logger that fails must change nothing.
    }
  }
}
