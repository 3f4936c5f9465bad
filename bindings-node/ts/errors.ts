import { type Detail, native } from "./native";
import type { WebhookEvent } from "./types";

/** What went wrong, coarsely. */
export type Kind =
  | "invalid_signature"
  | "invalid_payload"
  | "test_webhook"
  | "handler_failed"
  | "invalid_config"
  | (string & {});

/** What went wrong, exactly. */
export type Reason =
  | "missing_signature"
  | "malformed_signature"
  | "scheme_not_allowed"
  | "signature_mismatch"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "invalid_utf8"
  | "invalid_json"
  | "not_an_object"
  | "missing_type"
  | "missing_data"
  | "too_deep"
  | "duplicate_key"
  | "body_too_large"
  | "test_webhook"
  | "handler_failed"
  | "secret_not_configured"
  | "invalid_secret"
  | "invalid_tolerance"
  | "unknown_event_type"
  | "invalid_option"
  | (string & {});

const brand = Symbol.for("tink-webhooks.WebhookError");

/**
 * Why a delivery was refused, a handler failed, or a configuration is not usable. Neither the secret nor the body is in
 * it.
 */
export class WebhookError extends Error {
  /** What went wrong, coarsely, such as `invalid_signature`. */
  readonly kind: Kind;
  /** What went wrong, exactly, such as `timestamp_too_old`. */
  readonly reason: Reason;
  /** The HTTP status a receiver answers. */
  readonly status: number;
  /** Errors of the time window: seconds since signing, negative if the signature is from the future. */
  readonly age: number | undefined;
  /** Errors of the time window: the tolerance in force, seconds; `undefined` also where it is off. */
  readonly tolerance: number | undefined;
  /** What to try next, where there is something to say. */
  readonly hint: string | undefined;

  /** @internal */
  constructor(detail: Detail) {
    super(detail.message);
    this.kind = detail.kind;
    this.reason = detail.reason;
    this.status = detail.status;
    this.age = detail.age ?? undefined;
    this.tolerance = detail.tolerance ?? undefined;
    this.hint = detail.hint ?? undefined;
  }

  /** Whether it is an error of this library, also one from another realm or another copy of the package. */
  static is(error: unknown): error is WebhookError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

Object.defineProperty(WebhookError.prototype, brand, { value: true });

/** The delivery is not shown to come from Tink, or not now. Answer 401. */
export class InvalidSignatureError extends WebhookError {}

/** Authentic, but not an event this library can read. Answer 400, or 413 for a body over the cap. */
export class InvalidPayloadError extends WebhookError {}

/** The test ping: authentic, and never dispatched. Answer 200. */
export class TestWebhookError extends WebhookError {}

/** A mistake on our side: secret, option, event type. Answer 500. */
export class InvalidConfigError extends WebhookError {}

/** At least one handler failed; the others were run all the same. Answer 500, and Tink delivers again. */
export class HandlerError extends WebhookError {
  /** The event that was dispatched. */
  readonly event: WebhookEvent;
  /** What the handlers threw, in the order they ran; as in an `AggregateError`. */
  readonly errors: readonly unknown[];

  /** @internal */
  constructor(event: WebhookEvent, errors: unknown[]) {
    super(native.handlersFailed(errors.length));
    this.event = event;
    this.errors = errors;
  }
}

for (const type of [
  WebhookError,
  InvalidSignatureError,
  InvalidPayloadError,
  TestWebhookError,
  InvalidConfigError,
  HandlerError,
]) {
  Object.defineProperty(type.prototype, "name", { value: type.name, configurable: true, writable: true });
}

const classes: Record<string, new (detail: Detail) => WebhookError> = {
  invalid_signature: InvalidSignatureError,
  invalid_payload: InvalidPayloadError,
  test_webhook: TestWebhookError,
  invalid_config: InvalidConfigError,
};

/** The error object of a detail. */
export function toError(detail: Detail): WebhookError {
  return new (classes[detail.kind] ?? WebhookError)(detail);
}

/** The error of a reason, for what only this side can see; with the core's message unless one is given. */
export function failure(reason: string, message?: string): Error {
  const detail = native.errorOf(reason, message);
  return detail ? toError(detail) : new Error(`no such reason: ${reason}`);
}
