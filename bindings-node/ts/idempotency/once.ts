import { randomUUID } from "node:crypto";
import { failure, WebhookError } from "../errors";
import { describe } from "../frame";
import { refuseIterator, refuseWhatRunsNothing } from "../handler-result";
import type { Logger } from "../receive";
import { tallied } from "../tally";
import type { WebhookEvent } from "../types";
import { Around, type Settings } from "./around";
import type { Beat } from "./beat";
import { can, type Store } from "./store";

/** Options of {@link once}. Times are in milliseconds. */
export interface OnceOptions {
  /** How long a copy waits for one that is being handled. Left out: until that one's lease ends, and a second more. */
  wait?: number | undefined;
  /**
   * For how long a claim holds if its process dies: 1,000 or more, 10,000 by default. While the handler runs it is
   * extended, by a timer: a handler that blocks the event loop for longer can be overtaken.
   */
  lease?: number | undefined;
  /** After how long it is not extended any more; 300,000 by default. */
  maxRun?: number | undefined;
  /** How long a done event is remembered: 7 days (604,800,000) by default, and no less. */
  keep?: number | undefined;
  /** How many copies wait at once in this process, 16 by default; one more is answered 503. */
  maxWaiting?: number | undefined;
  /**
   * What to do where the store cannot be asked: `"refuse"` by default (the delivery is answered 503, and Tink delivers
   * again, three times at most), or `"run"`, for handlers that may run twice.
   */
  onStoreFailure?: "refuse" | "run" | undefined;
  /** Where it logs; `console` by default, as in the adapters. */
  logger?: Logger | undefined;
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
/** How long what was done is remembered, if nothing else is said. */
export const KEEP = 7 * DAY;
const LONGEST_TIMER = 2 ** 31 - 1;
const HUNDRED_YEARS = 36_525 * DAY;

/**
 * Makes a handler of a handler, so that what it does for an event is done once, whoever gets which copy of the event:
 * `hooks.on("payment:updated", once(store, "book-payment", book))`.
 *
 * It claims the event's `idempotencyKey` in the store, runs the handler, and commits; or releases the claim when the
 * handler failed, so that Tink's next try runs it. A copy of what was done before is skipped, and counts as handled; a
 * copy of what is being done elsewhere waits. Events without a key, which only say "go and look", always run. In doubt a
 * handler runs twice, never not at all.
 *
 * What the handler does must be durable when its promise is settled: in a transaction that is committed later, use
 * {@link claimIn}.
 *
 * @param store a `RedisStore`, `PostgresStore`, `SQLiteStore`, `MemoryStore`, or a {@link Store} of yours
 * @param scope names what is done once, such as `book-payment`: another one for each handler, and for a receiver and its
 *   worker. Renaming it runs late copies again.
 * @param handler your function. It is called with the event, and what it returns is awaited
 * @returns an ordinary handler. Its promise gives what the handler gave, `undefined` if it was skipped, and rejects with
 *   what the handler threw, or with an `UnavailableError`: `in_progress` or `store_unavailable`
 * @throws `InvalidConfigError`, `invalid_option` if an option is not usable
 * @throws TypeError if an argument has the wrong type, or there is no such option
 */
export function once<Event extends WebhookEvent, Result>(
  store: Store,
  scope: string,
  handler: (event: Event) => Result,
  options: OnceOptions = {},
): (event: Event) => Promise<Awaited<Result> | undefined> {
  refuseNoStore(store);
  refuseNoScope(scope, 'once(store, "book-payment", book)');
  refuseWhatRunsNothing(handler);
  const around = new Around(store, scope, settingsOf(options));
  const run = async (event: Event): Promise<Awaited<Result> | undefined> => {
    const key = keyOf(event);
    return key === undefined ? await handler(event) : await runOnce(around, key, handler, event);
  };
  return Object.defineProperty(run, "name", { value: handler.name, configurable: true });
}

async function runOnce<Event extends WebhookEvent, Result>(
  around: Around,
  key: string,
  handler: (event: Event) => Result,
  event: Event,
): Promise<Awaited<Result> | undefined> {
  const token = randomUUID().replaceAll("-", "");
  let beat: Beat | undefined;
  try {
    beat = await around.claim(key, token);
  } catch (error) {
    if (!around.runsWithout || !WebhookError.is(error) || error.reason !== "store_unavailable") {
      throw error;
    }
    around.logWithout(key, error);
    return await handler(event);
  }
  if (!beat) {
    tallied(event).skipped += 1;
    return undefined;
  }
  try {
    const result = await settled(around, beat, handler, event);
    if (!(await around.commit(beat))) {
      tallied(event).commitLost = true;
    }
    return result;
  } finally {
    beat.end();
  }
}

/** Runs the handler; releases its claim if it failed. */
async function settled<Event extends WebhookEvent, Result>(
  around: Around,
  beat: Beat,
  handler: (event: Event) => Result,
  event: Event,
): Promise<Awaited<Result>> {
  try {
    const result = await handler(event);
    refuseIterator(result); // a dispatch refuses it after the commit
    return result;
  } catch (error) {
    beat.end(); // an extension that comes after the release would find nothing
    await around.release(beat.key, beat.token);
    throw error;
  }
}

/** The event's key. Of a copy, which has none, nobody knows whether it ran before. */
export function keyOf(event: WebhookEvent): string | undefined {
  if (typeof event !== "object" || event === null || !("idempotencyKey" in event)) {
    throw new TypeError(
      `once and claimIn take an event, not ${describe(event)}. A copy made by spread, structuredClone or JSON is ` +
        "not an event: send the text of event.serialize(), and make the event of it with WebhookEvent.deserialize",
    );
  }
  return event.idempotencyKey;
}

function refuseNoStore(store: unknown): void {
  if (!can(store, "claim", "commit", "release", "extend") || typeof store === "function") {
    throw new TypeError(`once takes a store, such as new RedisStore(client), not ${describe(store)}`);
  }
}

/** @param call how a scope is given, for the error's text */
export function refuseNoScope(scope: unknown, call: string): void {
  if (typeof scope !== "string") {
    throw new TypeError(
      `the scope must be a string, a name for what is done once, as in ${call}, not ${describe(scope)}`,
    );
  }
  const length = [...scope].length;
  if (length === 0 || length > 200 || scope !== scope.trim() || /[\p{C}\p{Z}]/u.test(scope.replaceAll(" ", ""))) {
    throw failure(
      "invalid_option",
      "the scope must be a printable name of at most 200 characters, such as `book-payment`",
    );
  }
}

const optionNames = new Set(["wait", "lease", "maxRun", "keep", "maxWaiting", "onStoreFailure", "logger"]);

function settingsOf(options: OnceOptions): Settings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`the options must be an object such as { lease: 10_000 }, not ${describe(options)}`);
  }
  const unknown = Object.keys(options).filter((name) => !optionNames.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...optionNames].join(", ")}`);
  }
  const { wait, lease = 10 * SECOND, maxRun = 300 * SECOND, keep = KEEP, maxWaiting = 16 } = options;
  const { onStoreFailure = "refuse", logger = console } = options;
  if (onStoreFailure !== "refuse" && onStoreFailure !== "run") {
    throw failure("invalid_option", "onStoreFailure must be one of: refuse, run");
  }
  if (!can(logger, "warn", "error")) {
    throw new TypeError("the logger must have the functions warn and error");
  }
  return {
    wait: wait === undefined ? undefined : milliseconds("wait", wait, 0, LONGEST_TIMER),
    lease: milliseconds("lease", lease, SECOND, LONGEST_TIMER),
    maxRun: milliseconds("maxRun", maxRun, 0, LONGEST_TIMER),
    keep: milliseconds("keep", keep, KEEP, HUNDRED_YEARS),
    maxWaiting: count("maxWaiting", maxWaiting),
    runsWithout: onStoreFailure === "run",
    logger,
  };
}

/** Checks a time: one that was meant in seconds is mostly too short, and so found. */
export function milliseconds(name: string, value: unknown, least: number, most = HUNDRED_YEARS): number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= least && value <= most)) {
    throw failure("invalid_option", `${name} must be a number of milliseconds, from ${least} to ${most}`);
  }
  return value;
}

function count(name: string, value: unknown): number {
  if (!Number.isInteger(value)) {
    throw new TypeError(`${name} must be a whole number, not ${describe(value)}`);
  }
  if ((value as number) < 0) {
    throw failure("invalid_option", `${name} must not be negative`);
  }
  return value as number;
}
