import type { RegisterOptions } from "./dispatcher";
import { toError } from "./errors";
import { type Body, describe, Given, Held, type Signature, toBytes } from "./frame";
import { defaultHandler, WebhookHandler } from "./handler";
import { native } from "./native";
import { type Secret, secretBytes, type WebhookHandlerOptions } from "./options";
import type { EventFor, EventKey, Handler, Verification, WebhookEvent } from "./types";

export type * from "./data";
export { Dispatcher, type RegisterOptions } from "./dispatcher";
export {
  InvalidConfigError,
  InvalidPayloadError,
  InvalidRequestError,
  InvalidSignatureError,
  type Kind,
  type Reason,
  TestWebhookError,
  UnavailableError,
  WebhookError,
} from "./errors";
export { WebhookEvent } from "./event";
export { explain } from "./explain";
export type { Cause, Explanation } from "./explanation";
export type { Body, Signature } from "./frame";
export { WebhookHandler } from "./handler";
export { HandlerError } from "./handler-error";
export type { Secret, WebhookHandlerOptions } from "./options";
export type {
  EventFor,
  EventKey,
  EventName,
  EventOf,
  EventType,
  Handler,
  TinkEvent,
  UnknownEvent,
  Verification,
} from "./types";

/** The version of this package, such as `1.2.3`. */
export const version: string = native.version();

/**
 * As {@link WebhookHandler.handleWebhook}, on the default handler. Its secret is that of the environment variable
 * `TINK_WEBHOOK_SECRET`, which is read when the first delivery is verified.
 *
 * @throws {@link InvalidConfigError} `secret_not_configured` or `invalid_secret` at the first delivery, and whatever
 *   {@link WebhookHandler.handleWebhook} throws
 */
export function handleWebhook(body: Body, signature: Signature): Promise<WebhookEvent> {
  return defaultHandler.handleWebhook(body, signature);
}

/**
 * Sets the options of the default handler, before its first delivery; handlers may be registered before or after. It
 * accepts both schemes otherwise: if you receive Events v2 only, call `configure({ schemes: ["v1"] })`.
 *
 * @param options as those of a {@link WebhookHandler}; a secret that is left out is read at the first verification
 * @throws {@link InvalidConfigError} if an option is not usable, or a delivery was verified before
 * @throws TypeError if an option has the wrong type, or there is no such option
 */
export function configure(options: WebhookHandlerOptions): void {
  const given = new Held(options);
  options = undefined as never; // see Held
  defaultHandler.configure(given.value);
}

/**
 * As {@link WebhookHandler.constructEvent}, on the default handler.
 *
 * @throws what {@link handleWebhook} throws, but for failed handlers
 */
export function constructEvent(body: Body, signature: Signature): WebhookEvent {
  const given = new Given(body, signature);
  body = signature = undefined as never; // see Held
  return defaultHandler.constructEvent(given.body, given.signature);
}

/**
 * As {@link WebhookHandler.parseEvent}, on the default handler: CHECKS NO SIGNATURE.
 *
 * @throws {@link InvalidPayloadError} if it is no event that this library can read
 * @throws {@link TestWebhookError} for the test ping
 * @throws TypeError if the body has the wrong type
 */
export function parseEvent(body: Body): WebhookEvent {
  const given = new Held(body);
  body = undefined as never; // see Held
  return defaultHandler.parseEvent(given.value);
}

/**
 * As {@link WebhookHandler.dispatch}, on the default handler: runs the handlers of an event that was made earlier.
 *
 * @throws {@link HandlerError} if a handler failed: the promise rejects with it
 */
export function dispatch(event: WebhookEvent): Promise<void> {
  return defaultHandler.dispatch(event);
}

/**
 * As {@link WebhookHandler.registerHandler}, on the default handler. It needs no secret yet.
 *
 * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo
 */
export function registerHandler<const Key extends EventKey>(
  eventType: Key,
  handler: Handler<EventFor<Key>>,
  options: RegisterOptions = {},
): void {
  defaultHandler.registerHandler(eventType, handler, options);
}

/**
 * As {@link WebhookHandler.on}, on the default handler. It needs no secret yet.
 *
 * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo
 */
export function on<const Key extends EventKey>(
  eventTypes: Key | readonly Key[],
  handler: Handler<EventFor<Key>>,
  options: RegisterOptions = {},
): void {
  defaultHandler.on(eventTypes, handler, options);
}

/**
 * As {@link WebhookHandler.unregisterHandlers}, on the default handler.
 *
 * @throws {@link InvalidConfigError} `unknown_event_type` for what is most likely a typo
 */
export function unregisterHandlers(eventType: EventKey): void {
  defaultHandler.unregisterHandlers(eventType);
}

/** As {@link WebhookHandler.getHandlers}, on the default handler. */
export function getHandlers(): Record<string, Handler[]> {
  return defaultHandler.getHandlers();
}

/**
 * Checks one signature without a {@link WebhookHandler}. A handler that is kept does it several times faster, as it
 * prepares the secret once.
 *
 * @param body the raw body: the bytes that were signed, or their text
 * @param signature the value of the `X-Tink-Signature` header
 * @param secret one secret or several
 * @param options as those of a {@link WebhookHandler}
 * @returns what is proven
 * @throws {@link InvalidSignatureError} if the signature does not hold
 * @throws {@link InvalidPayloadError} `body_too_large`, or `invalid_utf8` for text with lone surrogates
 * @throws {@link InvalidConfigError} if the secret or an option is not usable
 * @throws TypeError if an argument has the wrong type
 */
export function verifySignature(
  body: Body,
  signature: Signature,
  secret: Secret | readonly Secret[] | null | undefined,
  options: Omit<WebhookHandlerOptions, "secret"> = {},
): Verification {
  const given = new Given(body, signature);
  const chosen = new Held<WebhookHandlerOptions>({ ...options, secret });
  body = signature = secret = undefined as never; // see Held
  const once = new WebhookHandler(chosen.value);
  try {
    return once.verifySignature(given.body, given.signature);
  } finally {
    once.release();
  }
}

/** Options of {@link generateSignature}. */
export interface SignOptions {
  /** The time of signing: unix seconds or a `Date`; now by default. A signature of scheme `body` carries none. */
  timestamp?: number | Date | undefined;
  /** `v1`, the form of Events v2, by default; `body` is a bare signature over the body alone. */
  scheme?: "v1" | "body" | undefined;
}

/**
 * Makes the value of an `X-Tink-Signature` header, for tests and for senders.
 *
 * @param body the bytes to sign, or their text
 * @param secret the secret to sign with: its text or its bytes
 * @returns the header's value: `t=…,v1=…`, or 64 hex digits for scheme `body`
 * @throws {@link InvalidConfigError} if the secret, the time or the scheme is not usable
 * @throws {@link InvalidPayloadError} `invalid_utf8` for text with lone surrogates
 * @throws TypeError if an argument has the wrong type
 */
export function generateSignature(body: Body, secret: Secret, options: SignOptions = {}): string {
  const given = new Given(body, undefined);
  const key = new Held<unknown>(secret ?? "");
  body = secret = undefined as never; // see Held
  const { timestamp, scheme = "v1" } = options ?? {};
  if (typeof scheme !== "string") {
    throw new TypeError(`scheme must be "v1" or "body", not ${describe(scheme)}`);
  }
  // Not the system's clock: `Date` is what a program's tests set.
  const seconds =
    timestamp === undefined || timestamp instanceof Date ? Number(timestamp ?? Date.now()) / 1_000 : timestamp;
  if (typeof seconds !== "number") {
    throw new TypeError(`timestamp must be a number of seconds or a Date, not ${describe(seconds)}`);
  }
  const made = native.sign(toBytes(given), secretBytes(key, "secret"), scheme, seconds);
  if (typeof made !== "string") {
    throw toError(made);
  }
  return made;
}
