import { failure } from "../errors";
import { describe } from "../frame";
import type { Claim, Store } from "./store";

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** How many records are kept; 100,000 by default. Beyond it the oldest done ones make room. */
  maxRecords?: number | undefined;
}

interface Record {
  readonly done: boolean;
  readonly token: string;
  /** By `performance.now`. */
  readonly until: number;
}

/**
 * Records in this process's memory: for tests, and for programs of one process that may run handlers twice after a
 * restart. Each worker thread has its own. Records that were kept long enough make room; so do, beyond the cap, the
 * oldest done ones.
 */
export class MemoryStore implements Store {
  readonly #maxRecords: number;
  /** The oldest is first. */
  readonly #records = new Map<string, Record>();

  /**
   * Makes a store.
   *
   * @throws `InvalidConfigError`, `invalid_option` for a cap that is not positive
   * @throws TypeError if the cap is no whole number
   */
  constructor(options: MemoryStoreOptions = {}) {
    const { maxRecords = 100_000 } = options;
    if (!Number.isInteger(maxRecords)) {
      throw new TypeError(`maxRecords must be a whole number, not ${describe(maxRecords)}`);
    }
    if (maxRecords < 1) {
      throw failure("invalid_option", "maxRecords must be positive");
    }
    this.#maxRecords = maxRecords;
  }

  /** How many records there are. */
  get size(): number {
    return this.#records.size;
  }

  /** See {@link Store.claim}. */
  claim(scope: string, key: string, token: string, lease: number): Claim {
    const now = performance.now();
    const name = nameOf(scope, key);
    const found = this.#records.get(name);
    if (found && found.until > now) {
      if (found.done) {
        return { state: "done" };
      }
      if (found.token !== token) {
        return { state: "busy", milliseconds: found.until - now };
      }
    }
    this.#put(name, { done: false, token, until: now + lease });
    this.#makeRoom(now);
    return { state: "claimed" };
  }

  /** See {@link Store.commit}. */
  commit(scope: string, key: string, token: string, keep: number): boolean {
    const name = nameOf(scope, key);
    if ((this.#records.get(name)?.token ?? token) !== token) {
      return false;
    }
    this.#put(name, { done: true, token, until: performance.now() + keep });
    return true;
  }

  /** See {@link Store.release}. */
  release(scope: string, key: string, token: string): boolean {
    const name = nameOf(scope, key);
    return this.#holds(name, token) && this.#records.delete(name);
  }

  /** See {@link Store.extend}. */
  extend(scope: string, key: string, token: string, lease: number): boolean {
    const name = nameOf(scope, key);
    if (!this.#holds(name, token)) {
      return false;
    }
    this.#records.set(name, { done: false, token, until: performance.now() + lease });
    return true;
  }

  /** Removes records that were kept long enough, and says how many. */
  prune(): number {
    const now = performance.now();
    const before = this.#records.size;
    for (const [name, { until }] of this.#records) {
      if (until <= now) {
        this.#records.delete(name);
      }
    }
    return before - this.#records.size;
  }

  #holds(name: string, token: string): boolean {
    const found = this.#records.get(name);
    return found !== undefined && !found.done && found.token === token;
  }

  #put(name: string, record: Record): void {
    this.#records.delete(name);
    this.#records.set(name, record);
  }

  #makeRoom(now: number): void {
    if (this.#records.size <= this.#maxRecords) {
      return;
    }
    // A claim that runs stays, whatever the cap.
    for (const [name, { done, until }] of this.#records) {
      if (done || until <= now) {
        this.#records.delete(name);
        return;
      }
    }
  }
}

/** One name for a scope and a key, whatever characters they have. */
const nameOf = (scope: string, key: string): string => `${scope.length}:${scope}${key}`;
