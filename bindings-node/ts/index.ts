import { toError } from "./errors";
import { type Body, describe, type Signature, toBytes } from "./frame";
import { defaultHandler, type RegisterOptions, WebhookHandler } from "./handler";
import { native } from "./native";
import { type Secret, secretBytes, type WebhookHandlerOptions } from "./options";
import type { EventFor, EventKey, Handler, Verification, WebhookEvent } from "./types";

export type * from "./data";
export {
  HandlerError,
  InvalidConfigError,
  InvalidPayloadError,
  InvalidSignatureError,
  type Kind,
  type Reason,
  TestWebhookError,
  WebhookError,
} from "./errors";
export { WebhookEvent } from "./event";
export type { Body, Signature } from "./frame";
export { type RegisterOptions, WebhookHandler } from "./handler";
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

/** The version of this package. */
export const version: string = native.version();

/** As `WebhookHandler.handleWebhook`, on the default handler. Its secret is read from `TINK_WEBHOOK_SECRET`. */
export function handleWebhook(body: Body, signature: Signature): Promise<WebhookEvent> {
  return defaultHandler.handleWebhook(body, signature);
}

/** As `WebhookHandler.registerHandler`, on the default handler. */
export function registerHandler<const Key extends EventKey>(
  eventType: Key,
  handler: Handler<EventFor<Key>>,
  options: RegisterOptions = {},
): void {
  defaultHandler.registerHandler(eventType, handler, options);
}

/** As `WebhookHandler.on`, on the default handler. */
export function on<const Key extends EventKey>(
  eventTypes: Key | readonly Key[],
  handler: Handler<EventFor<Key>>,
  options: RegisterOptions = {},
): void {
  defaultHandler.on(eventTypes, handler, options);
}

/** As `WebhookHandler.unregisterHandlers`, on the default handler. */
export function unregisterHandlers(eventType: EventKey): void {
  defaultHandler.unregisterHandlers(eventType);
}

/** As `WebhookHandler.getHandlers`, on the default handler. */
export function getHandlers(): Record<string, Handler[]> {
  return defaultHandler.getHandlers();
}

/**
 * Checks one signature, without an object that is kept. One that is kept does it several times faster, as it prepares
 * the secret once.
 *
 * @throws {InvalidSignatureError} if the signature does not hold
 * @throws {InvalidConfigError} if the secret or an option is not usable
 */
export function verifySignature(
  body: Body,
  signature: Signature,
  secret: Secret | readonly Secret[] | null | undefined,
  options: Omit<WebhookHandlerOptions, "secret"> = {},
): Verification {
  return new WebhookHandler({ ...options, secret }).verifySignature(body, signature);
}

/** Options of `generateSignature`. */
export interface SignOptions {
  /** The time of signing: unix seconds or a `Date`; now by default. A bare signature carries none. */
  timestamp?: number | Date | undefined;
  /** `v1` by default. */
  scheme?: "v1" | "body" | undefined;
}

/**
 * Makes a header's value, for tests and for senders.
 *
 * @throws {InvalidConfigError} if the secret, the time or the scheme is not usable
 */
export function generateSignature(body: Body, secret: Secret, options: SignOptions = {}): string {
  const { timestamp, scheme = "v1" } = options ?? {};
  if (typeof scheme !== "string") {
    throw new TypeError(`scheme must be "v1" or "body", not ${describe(scheme)}`);
  }
  const seconds = timestamp instanceof Date ? timestamp.getTime() / 1_000 : timestamp;
  if (seconds !== undefined && typeof seconds !== "number") {
    throw new TypeError(`timestamp must be a number of seconds or a Date, not ${describe(seconds)}`);
  }
  const made = native.sign(toBytes(body), secretBytes(secret ?? "", "secret"), scheme, seconds);
  if (typeof made !== "string") {
    throw toError(made);
  }
  return made;
}
