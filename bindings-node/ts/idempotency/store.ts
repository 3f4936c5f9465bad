/** A store's answer to a claim. */
export interface Claim {
  /** `claimed` (by the token that asked), `done` (committed before), or `busy` (another token holds it). */
  readonly state: "claimed" | "done" | "busy";
  /** For `busy`: for how many milliseconds the other one's lease still runs, if it is not extended. */
  readonly milliseconds?: number | undefined;
}

/**
 * Where {@link once} keeps its records. `tink-webhooks/idempotency/conformance` tests a class of yours.
 *
 * A record has a state (claimed or done), the token of its holder, and a time. Each method is one atomic step inside the
 * store: it decides by the record as it is, and by the store's own clock, whatever other processes do meanwhile. One that
 * cannot tell throws, or its promise rejects. Answers may be promises.
 */
export interface Store {
  /**
   * Claims a record that is not there, or whose lease has ended. Claiming again with the same token extends the lease.
   *
   * @param scope what is done once, such as `book-payment`
   * @param key the event's idempotency key
   * @param token names the claim: new for each try
   * @param lease for how many milliseconds it holds, if it is not extended
   */
  claim(scope: string, key: string, token: string, lease: number): Claim | Promise<Claim>;
  /**
   * Marks a record as done, and keeps it for so many milliseconds. A token whose lease has ended still commits, unless
   * another one has claimed the record. So does one whose claim the store has forgotten: the effect was done. Committing
   * again with the same token gives `true` again.
   *
   * @returns whether the record is done now; `false` where another token has it
   */
  commit(scope: string, key: string, token: string, keep: number): boolean | Promise<boolean>;
  /**
   * Removes a claim, so that the next one need not wait for the end of its lease.
   *
   * @returns whether the token held it, and it was not done
   */
  release(scope: string, key: string, token: string): boolean | Promise<boolean>;
  /**
   * Extends a lease: it ends so many milliseconds from now. It must not wait for what handlers use: it needs a connection
   * of its own, which does not keep a program from ending.
   *
   * @returns whether the token held it, and it was not done
   */
  extend(scope: string, key: string, token: string, lease: number): boolean | Promise<boolean>;
}

/** The answer of the Lua and SQL texts: 0, -1, or milliseconds. Drivers give it as a number, a bigint or text. */
export function claimOf(answer: unknown): Claim {
  const found = Number(answer);
  if (Number.isNaN(found)) {
    throw new TypeError("the store gave no number");
  }
  return found === 0 ? { state: "claimed" } : found < 0 ? { state: "done" } : { state: "busy", milliseconds: found };
}

/** Whole milliseconds, at least one. */
export const whole = (milliseconds: number): number => Math.max(1, Math.round(milliseconds));

/** Whether an object has functions of these names. No client's package is loaded to know it. */
export function can(given: unknown, ...names: string[]): boolean {
  const type = typeof given;
  return (
    ((type === "object" && given !== null) || type === "function") &&
    names.every((name) => typeof (given as Record<string, unknown>)[name] === "function")
  );
}

/** A statement of `stores/` without its comments. */
export const bare = (text: string): string => text.replace(/^--.*\n/gm, "").trim();
