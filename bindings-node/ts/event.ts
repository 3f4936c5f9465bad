import { Request } from "./contract";
import { toError } from "./errors";
import { Answer, describe, type Frame, fill, Given, Held, keep, toBytes } from "./frame";
import { native } from "./native";
import { copy, fromAscii, fromText, isUint8Array, toText as textOf, toAscii, toHex, toLargeText } from "./runtime";
import type { EventOf, RawBytes, Verification, WebhookEvent as WebhookEventType } from "./types";

/** The event types by their number in C, in snake_case and as wire names. `unknown` has the number 0 and no name. */
const types: string[] = ["unknown"];
const names: (string | undefined)[] = [undefined];
const listed = native.eventTypes();
for (let index = 0; index < listed.length; index += 3) {
  const number = Number(listed[index]);
  types[number] = listed[index + 1] as string;
  names[number] = listed[index + 2];
}

/** The objects that were made on first access. */
interface Made {
  data?: { value: unknown };
  context?: { value: Record<string, unknown> | undefined };
  raw?: Record<string, unknown>;
  rawBody?: Uint8Array;
  verification?: Verification | undefined;
}

/**
 * The verification in a frame's record; `undefined` if nothing was verified.
 *
 * @param header that of the latest call, where the record is of that
 */
export function readVerification({ bytes, numbers }: Frame, at: number, header?: string): Verification | undefined {
  const scheme = numbers[at + Answer.Scheme];
  if (scheme === 0) {
    return undefined;
  }
  const v1 = scheme === 1;
  const id = (at + Answer.DeliveryId) * 8;
  return {
    scheme: v1 ? "v1" : "body",
    signedAt: v1 ? numbers[at + Answer.SignedAt] : undefined,
    secretIndex: numbers[at + Answer.SecretIndex] as number,
    deliveryId: v1
      ? header && numbers[Request.IdInSignature] === 1
        ? header.slice(-64, -32)
        : toHex(bytes, id, id + 16)
      : undefined,
  };
}

/** Events of every copy of the package have it. */
const brand = Symbol.for("tink-webhooks.WebhookEvent");

/** What to do instead of copying an event. */
const WAY = "send the text of event.serialize(), and make the event of it with WebhookEvent.deserialize";

const uncloneable = Symbol.for(`a WebhookEvent cannot be cloned or posted: ${WAY}. This symbol`);

/**
 * Tells events apart for deep equality, which sees only own properties. It is computed when somebody looks, and keyed
 * with a secret of this process, so that nobody can guess a payload from it.
 */
class Digest {
  /** In hex: the core refuses a secret with blanks at its ends, and random bytes have those at times. */
  static #key: Uint8Array | undefined;
  #event: Event | undefined;
  hmac: unknown;

  constructor(event: Event) {
    this.#event = event;
  }

  static compute(digest: Digest): Digest {
    if (digest.#event) {
      Digest.#key ??= fromAscii(toHex(crypto.getRandomValues(new Uint8Array(32)), 0, 32)); // refused at load at the edge
      digest.hmac = native.sign(fromText(digest.#event.serialize()), Digest.#key, "body", 0);
      digest.#event = undefined;
    }
    return digest;
  }
}

/** The traps of those operations that read a property. */
const digestOnUse: ProxyHandler<Digest> = {
  get: (digest, key) => Reflect.get(Digest.compute(digest), key),
  getOwnPropertyDescriptor: (digest, key) => Reflect.getOwnPropertyDescriptor(Digest.compute(digest), key),
};

/**
 * One event: a record in a frame. `data`, `context` and `raw` are made on first access, and kept. Printing it, logging
 * it or turning it into JSON shows no payload.
 */
class Event implements EventOf<string, string, unknown> {
  readonly #frame: Frame;
  readonly #at: number;
  /** The body, if it is not in the frame: its text if that is ASCII, else its bytes. */
  readonly #body: string | Uint8Array | undefined;
  #made: Made | undefined;
  /** What `structuredClone` and `postMessage` meet first: their error shows its text. */
  readonly _uncloneable = uncloneable;
  /** What deep equality compares. */
  readonly _digest: object;

  /** Of the latest call over this frame, and the delivery that it was made with. */
  constructor(frame: Frame, given: Given) {
    this.#frame = frame;
    this.#at = frame.record;
    this.#body = keep(frame, given);
    this._digest = new Proxy(new Digest(this), digestOnUse);
  }

  get type(): string {
    return types[own(this).#number(Answer.Type)] as string;
  }

  get name(): string {
    return names[own(this).#number(Answer.Type)] ?? (own(this).#string(Answer.Name) as string);
  }

  get data(): unknown {
    const made = own(this).#keep();
    made.data ??= { value: this.#json(Answer.Data, {}) };
    return made.data.value;
  }

  get context(): Record<string, unknown> | undefined {
    const made = own(this).#keep();
    made.context ??= { value: this.#json(Answer.Context, undefined) as Record<string, unknown> | undefined };
    return made.context.value;
  }

  get userId(): string | undefined {
    return own(this).#string(Answer.UserId);
  }

  get externalUserId(): string | undefined {
    return own(this).#string(Answer.ExternalUserId);
  }

  get timestamp(): Date {
    return new Date(own(this).#number(Answer.Timestamp));
  }

  get raw(): Record<string, unknown> {
    const made = own(this).#keep();
    made.raw ??= JSON.parse(this.#whole()) as Record<string, unknown>;
    return made.raw;
  }

  get rawBody(): RawBytes {
    const made = own(this).#keep();
    made.rawBody ??= typeof this.#body === "string" ? fromAscii(this.#body) : copy(this.#bytes());
    return made.rawBody as RawBytes;
  }

  get verification(): Verification | undefined {
    const made = own(this).#keep();
    made.verification ??= readVerification(this.#frame, this.#at);
    return made.verification;
  }

  get idempotencyKey(): string | undefined {
    const type = own(this).#number(Answer.Type);
    const [start, end] = [this.#number(Answer.Data), this.#number(Answer.Data + 1)];
    return start < 0 ? undefined : (native.idempotencyKey(type, this.#utf8(), start, end) ?? undefined);
  }

  serialize(): string {
    return native.serialize(own(this).#utf8(), this.#number(Answer.Timestamp), this.verification);
  }

  toJSON(): { type: string; name: string; timestamp: Date; verification: Verification | undefined } {
    return { type: this.type, name: this.name, timestamp: this.timestamp, verification: this.verification };
  }

  /** How Node prints it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    if (!Event.isEvent(this)) {
      return "WebhookEvent <a copy or a proxy>";
    }
    return `WebhookEvent <${this.name} at ${this.timestamp.toISOString()}>`;
  }

  static deserialize(text: string | Uint8Array): Event {
    const serialized = new Given(text, undefined);
    text = undefined as never; // see Held
    const stored = new Held(native.readText(toText(serialized)));
    if (!("body" in stored.value)) {
      throw toError(stored.value);
    }
    const given = new Given(stored.value.body, undefined);
    const frame = fill(given, Number.POSITIVE_INFINITY, true);
    const error = native.restore(frame.bytes, stored.value.timestamp, stored.value.verification, given.outside);
    if (error) {
      throw toError(error);
    }
    return new Event(frame, given);
  }

  static from(serialized: string | Uint8Array): Event {
    const given = new Held(serialized);
    serialized = undefined as never; // see Held
    return Event.deserialize(given.value);
  }

  static isEvent(value: unknown): value is Event {
    return typeof value === "object" && value !== null && #frame in value;
  }

  static typeNumber(event: Event): number {
    return event.#number(Answer.Type);
  }

  #number(answer: number): number {
    return this.#frame.numbers[this.#at + answer] as number;
  }

  #keep(): Made {
    this.#made ??= {};
    return this.#made;
  }

  /** The bytes of a body that is not kept as text. */
  #bytes(): Uint8Array {
    if (this.#body) {
      return this.#body as Uint8Array;
    }
    const start = (this.#at + Answer.Body) * 8;
    return this.#frame.bytes.subarray(start, start + this.#number(Answer.BodyLength));
  }

  /** The body's bytes, which nobody may change. */
  #utf8(): Uint8Array {
    return typeof this.#body === "string" ? fromAscii(this.#body) : this.#bytes();
  }

  #whole(): string {
    return this.#text(0, this.#number(Answer.BodyLength));
  }

  /** The text between two offsets into the body's bytes. It may be a part of a longer text, and keep that alive. */
  #text(start: number, end: number): string {
    const body = this.#body;
    if (typeof body === "string") {
      return body.slice(start, end);
    }
    if (body) {
      return toLargeText(body, start, end);
    }
    const decode = this.#number(Answer.Ascii) === 0 ? textOf : toAscii;
    const inFrame = (this.#at + Answer.Body) * 8;
    return decode(this.#frame.bytes, inFrame + start, inFrame + end);
  }

  #json(answer: number, missing: unknown): unknown {
    const start = this.#number(answer);
    return start < 0 ? missing : JSON.parse(this.#text(start, this.#number(answer + 1)));
  }

  /** A string of the body; one with escapes is decoded with its quotes. */
  #string(answer: number): string | undefined {
    const [start, end] = [this.#number(answer), this.#number(answer + 1)];
    if (start < 0) {
      return undefined;
    }
    const escaped = this.#number(answer + 2) !== 0;
    // JSON.parse makes a text of its own of a part that would keep the whole body alive.
    return escaped || typeof this.#body === "string"
      ? (JSON.parse(this.#text(start - 1, end + 1)) as string)
      : this.#text(start, end);
  }
}
Object.defineProperty(Event, "name", { value: "WebhookEvent" });
Object.defineProperty(Event.prototype, brand, { value: true });

/** The event itself, in its getters and methods: a proxy or a copy has them too, and not what they read. */
function own(event: Event): Event {
  if (!Event.isEvent(event)) {
    throw new TypeError(`this WebhookEvent is a copy or a proxy, which holds no event: ${WAY}`);
  }
  return event;
}

/** The text of an event as bytes. */
function toText(given: Given): Uint8Array {
  if (typeof given.body !== "string" && !isUint8Array(given.body)) {
    throw new TypeError(
      `WebhookEvent.deserialize takes the text that event.serialize() gave, not ${describe(given.body)}`,
    );
  }
  return toBytes(given);
}

/** The event of the latest call over a frame, and the delivery that it was made with. */
export function toEvent(frame: Frame, given: Given): WebhookEventType {
  return new Event(frame, given) as unknown as WebhookEventType;
}

/**
 * The event that `dispatch` was given; made again if it comes from another copy of the package.
 *
 * @throws TypeError for anything else
 */
export function givenEvent(value: unknown): WebhookEventType {
  if (Event.isEvent(value)) {
    return value as unknown as WebhookEventType;
  }
  if (typeof value === "object" && value !== null && brand in value) {
    return Event.deserialize((value as unknown as Event).serialize()) as unknown as WebhookEventType;
  }
  throw new TypeError(
    `dispatch takes an event of this library, not ${describe(value)}. A copy made by spread, structuredClone or JSON ` +
      `is not an event: ${WAY}`,
  );
}

/** The number of an event's type, for the registry. */
export const typeNumber = (event: WebhookEventType): number => Event.typeNumber(event as unknown as Event);

/** An event; {@link EventOf} has its fields. Its `type` or its `name` tells the compiler what its `data` holds. */
export type WebhookEvent = WebhookEventType;

/** The class of events, for `instanceof` and for `WebhookEvent.deserialize`. Only a handler and that make them. */
export const WebhookEvent = Event as unknown as (abstract new () => WebhookEvent) & {
  /**
   * Makes an event from the text that `event.serialize()` gave, here or in another language, to be dispatched where it
   * came out of a queue. CHECKS NO SIGNATURE: the event is as trustworthy as the queue. Texts of earlier versions of
   * this package are read too.
   *
   * @param text the text, or its bytes
   * @returns the event, with its timestamp and verification as they were
   * @throws {@link InvalidConfigError} `invalid_option` for any other text
   * @throws {@link InvalidPayloadError} for a body that is no event, and for text that is not UTF-8 or too large
   * @throws {@link TestWebhookError} for the test ping
   * @throws TypeError if it is neither text nor bytes
   */
  deserialize(text: string | Uint8Array): WebhookEvent;
  /** Another name of `deserialize`. */
  from(serialized: string | Uint8Array): WebhookEvent;
};
