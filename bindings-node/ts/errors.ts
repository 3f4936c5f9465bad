import { type ErrorFields, native } from "./native";

/** What went wrong, coarsely: the class of the error and what a receiver answers follow from it. The list may grow. */
export type Kind =
  | "invalid_signature"
  | "invalid_payload"
  | "test_webhook"
  | "handler_failed"
  | "invalid_config"
  | "invalid_request"
  | "unavailable"
  | (string & {});

/** What went wrong, exactly; the project's README has the table. The list may grow. */
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
  | "method_not_allowed"
  | "unreadable_body"
  | "in_progress"
  | "store_unavailable"
  | (string & {});

const brand = Symbol.for("tink-webhooks.WebhookError");

/**
 * Why a delivery was refused, a handler failed, or a configuration is not usable. It holds neither the secret nor the
 * body.
 */
export class WebhookError extends Error {
  /** What went wrong, coarsely, such as `invalid_signature`. */
  readonly kind: Kind;
  /** What went wrong, exactly, such as `timestamp_too_old`; the kind again where there is nothing finer. */
  readonly reason: Reason;
  /** The HTTP status a receiver answers. */
  readonly status: number;
  /** Errors of the time window: seconds since signing, negative if the signature is from the future. */
  readonly age: number | undefined;
  /** Errors of the time window: the tolerance in force, in seconds; `undefined` also where the window is off. */
  readonly tolerance: number | undefined;
  /** What to try next, where there is something to say. */
  readonly hint: string | undefined;

  /** @internal */
  constructor(fields: ErrorFields) {
    super(fields.message);
    this.kind = fields.kind;
    this.reason = fields.reason;
    this.status = fields.status;
    this.age = fields.age ?? undefined;
    this.tolerance = fields.tolerance ?? undefined;
    this.hint = fields.hint ?? undefined;
  }

  /** The `status` again, under the other name by which frameworks know it. */
  get statusCode(): number {
    return this.status;
  }

  /** `false`: the message is for your log, and not for whoever sent the request. Frameworks then send a fixed text. */
  get expose(): boolean {
    return false;
  }

  /**
   * Whether something that was thrown is an error of this library. It also recognises those of another realm or of
   * another copy of the package, which `instanceof` does not.
   *
   * @param error anything
   */
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

/** The request cannot carry a delivery, or its body did not arrive whole; adapters make it. Answer 405 or 408. */
export class InvalidRequestError extends WebhookError {}

/** A handler could not run now: another copy of the event is being handled, or the store is away. Answer 503. */
export class UnavailableError extends WebhookError {}

/** Gives errors the name of their class, on the prototype, so that it is not printed among their properties. */
export function setNames(...classes: { name: string; prototype: Error }[]): void {
  for (const { name, prototype } of classes) {
    Object.defineProperty(prototype, "name", { value: name, configurable: true, writable: true });
  }
}

setNames(
  WebhookError,
  InvalidSignatureError,
  InvalidPayloadError,
  TestWebhookError,
  InvalidConfigError,
  InvalidRequestError,
  UnavailableError,
);

const classes: Record<string, new (fields: ErrorFields) => WebhookError> = {
  invalid_signature: InvalidSignatureError,
  invalid_payload: InvalidPayloadError,
  test_webhook: TestWebhookError,
  invalid_config: InvalidConfigError,
  invalid_request: InvalidRequestError,
  unavailable: UnavailableError,
};

/** The error of the class that belongs to the kind. */
export function toError(fields: ErrorFields): WebhookError {
  return new (classes[fields.kind] ?? WebhookError)(fields);
}

/** The error of a reason, for what only TypeScript can see; with the core's message unless one is given. */
export function failure(reason: string, message?: string, cause?: unknown): Error {
  const fields = native.errorOf(reason, message);
  const error = fields ? toError(fields) : new Error(`no such reason: ${reason}`);
  if (cause !== undefined) {
    error.cause = cause;
  }
  return error;
}
