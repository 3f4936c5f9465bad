// What came of one delivery, for hooks and for the log.
import { type Kind, type Reason, WebhookError } from "./errors";
import { tallyOf } from "./tally";
import type { EventType, WebhookEvent } from "./types";

/** What came of one delivery, whatever it was. It holds neither the body nor the signature. */
export interface Outcome {
  /**
   * In a word: `handled` (the handlers ran, or there were none; 2xx), `duplicate` (`once` skipped every handler, since
   * what it does was done before; 2xx), `in_progress` (another copy is being handled; 503), `test` (the test ping; 2xx),
   * `refused` (no delivery, or none that is authentic and readable; 4xx) or `failed` (a handler failed, or the receiver
   * or a store is not usable; 5xx). Later versions may have more of them.
   */
  readonly outcome: "handled" | "duplicate" | "in_progress" | "test" | "refused" | "failed" | (string & {});
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The kind of the error; `null` for `handled` and `duplicate`. */
  readonly kind: Kind | null;
  /** The reason of the error; `null` for `handled` and `duplicate`. */
  readonly reason: Reason | null;
  /**
   * The event's type in snake_case, `unknown` for a name that this version does not know; `null` where there is no
   * event, as for refusals and for the test ping.
   */
  readonly eventType: EventType | "unknown" | null;
  /** Which secret matched, counted from 0; `null` where there is no event. */
  readonly secretIndex: number | null;
  /**
   * Seconds between signing and receipt, negative if the signature is from the future. `null` for scheme `body`, and where
   * there is no event and the error does not concern the time window.
   */
  readonly age: number | null;
  /** Milliseconds from the call of the adapter to the answer, with the reading of the body and the handlers; a fraction. */
  readonly duration: number;
  /** The error, as `onError` gets it; `undefined` for `handled` and `duplicate`. */
  readonly error: Error | undefined;
  /**
   * Whether a handler under `once` has run, and its store has no record of it: another copy of the event runs it again.
   */
  readonly commitLost: boolean;
}

/** What a line of the log is about, for structured logs. It holds no secret and nothing of a body. Fields that do not apply are left out. */
export interface LogFields {
  /** The kind of the error. */
  kind?: Kind;
  /** The reason of the error; `commit_lost` in a line of `once`. */
  reason?: Reason;
  /** The HTTP status of the answer. */
  status?: number;
  /** Seconds between signing and receipt. */
  age?: number;
  /** The event's type in snake_case, or `unknown`. */
  event?: EventType | "unknown";
  /** The hook that failed or was too slow, where the line is about one. */
  hook?: "onError" | "onOutcome";
  /** What a line of `once` is about: the scope of its handler. */
  scope?: string;
  /** What a line of `once` is about: the event's idempotency key. */
  key?: string;
  /** What a line is about that concerns no delivery: `TINK_WEBHOOKS_SECRET` or `TINK_WEBHOOKS_EVENT_TYPE`. */
  code?: string;
}

/** An outcome before the answer is made: without its duration. */
export type Result = Omit<Outcome, "duration">;

/**
 * Makes a result of an event, if there is one, and an error, if there is one.
 *
 * @param now gives the time of receipt, in milliseconds since the epoch
 * @param count gives how many handlers an event runs
 */
export function resultOf(
  event: WebhookEvent | undefined,
  error: Error | undefined,
  now: () => unknown,
  count: (event: WebhookEvent) => number,
): Result {
  const tally = event && tallyOf(event);
  const known = WebhookError.is(error) ? error : undefined;
  const status = known?.status ?? (error === undefined ? 200 : 500); // the user's clock threw
  const verification = event?.verification;
  const signedAt = verification?.signedAt;
  return {
    outcome: event && tally?.skipped && !error && tally.skipped >= count(event) ? "duplicate" : nameOf(status, known),
    status,
    kind: known?.kind ?? null,
    reason: known?.reason ?? null,
    eventType: event?.type ?? null,
    secretIndex: verification?.secretIndex ?? null,
    age: signedAt === undefined ? (known?.age ?? null) : since(signedAt, now()),
    error,
    commitLost: tally?.commitLost ?? false,
  };
}

function nameOf(status: number, error: WebhookError | undefined): Outcome["outcome"] {
  if (error === undefined && status < 500) {
    return "handled";
  }
  if (error?.kind === "test_webhook") {
    return "test";
  }
  if (error?.reason === "in_progress") {
    return "in_progress";
  }
  return status < 500 ? "refused" : "failed";
}

/** Whole seconds. The user's clock may give anything. */
function since(signedAt: number, now: unknown): number | null {
  const seconds = typeof now === "number" ? Math.floor(now / 1_000) - signedAt : Number.NaN;
  return Number.isFinite(seconds) ? seconds : null;
}

/** The fields of a line about a result. */
export function fieldsOf({ kind, reason, status, age, eventType }: Result): LogFields {
  const fields: LogFields = { status };
  if (kind !== null) {
    fields.kind = kind;
  }
  if (reason !== null) {
    fields.reason = reason;
  }
  if (age !== null) {
    fields.age = age;
  }
  if (eventType !== null) {
    fields.event = eventType;
  }
  return fields;
}
