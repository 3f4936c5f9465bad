import type { Store } from "./store";
import { PATIENCE, within } from "./within";

/** How many beats a lease has. */
const BEATS = 10;

/** What is done around one handler: where, and for how many milliseconds a claim holds and is extended. */
export interface Lease {
  readonly store: Store;
  readonly scope: string;
  readonly lease: number;
  readonly maxRun: number;
  /** Writes a line to the log about an event of this key. */
  log(level: "warn" | "error", text: string, key: string): void;
}

/**
 * One handler's claim, while it runs: extends its lease, by a timer that keeps no program from ending. A handler that
 * blocks the event loop blocks it too.
 */
export class Beat {
  readonly key: string;
  readonly token: string;
  /** Until when nobody else can have taken it. */
  heldUntil: number;
  /** Whether the handler has run, and its commit is being written: what is done has no lease that could be lost. */
  isCommitting = false;
  readonly #of: Lease;
  /** When it is no longer extended, whether or not the handler still runs. */
  readonly #ends: number;
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #ended = false;

  /** @param asked when the claim was asked for, by `performance.now` */
  constructor(of: Lease, key: string, token: string, asked: number) {
    this.#of = of;
    this.key = key;
    this.token = token;
    this.heldUntil = asked + of.lease;
    this.#ends = performance.now() + of.maxRun;
    this.#timer = setInterval(() => void this.#beat(), of.lease / BEATS).unref();
  }

  /** The handler has ended. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const { store, scope, lease } = this.#of;
    const asked = performance.now();
    if (asked >= this.#ends) {
      this.end();
      this.#log("warn", `the handler of ${scope} runs longer than maxRun: its lease is no longer extended`);
      return;
    }
    if (this.#asking || this.heldUntil - asked > lease * (1 - 0.5 / BEATS)) {
      return; // asked or claimed just now
    }
    this.#asking = true;
    try {
      const extend = () => store.extend(scope, this.key, this.token, lease);
      const held = await within(extend, Math.min(PATIENCE, lease), false);
      if (held) {
        this.heldUntil = asked + lease;
      } else if (!this.#ended && !this.isCommitting) {
        this.end();
        this.#log("error", `the lease of ${scope} was lost while its handler runs`);
      }
    } catch (error) {
      if (!this.#ended) {
        this.#log("warn", `the lease of ${scope} was not extended: ${named(error)}`); // the next beat may reach it
      }
    } finally {
      this.#asking = false;
    }
  }

  #log(level: "warn" | "error", text: string): void {
    this.#of.log(level, text, this.key);
  }
}

/** What was thrown, without its message, which may hold what it was about. */
export function named(thrown: unknown): string {
  const { name, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
  const words = [thrown instanceof Error ? name : typeof thrown, code];
  return words.filter((word) => typeof word === "string" && word !== "").join(" ");
}
