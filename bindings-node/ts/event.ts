import { inspect } from "node:util";
import { Answer, type Frame } from "./frame";
import { native } from "./native";

/** What is proven about a delivery. */
export interface Verification {
  /** The scheme that matched. */
  readonly scheme: "v1" | "body";
  /** The verified `t`, in unix seconds; a bare signature carries none. */
  readonly signedAt: number | undefined;
  /** Which secret matched, counted from 0: shows when an old one is no longer in use. */
  readonly secretIndex: number;
  /** The idempotency key, 32 hex digits: Tink sends no other. `undefined` for bare signatures. */
  readonly deliveryId: string | undefined;
}

/** `number` to `[snake_case type, wire name]`. */
const known = new Map<number, readonly [string, string]>();
const listed = native.eventTypes();
for (let index = 0; index < listed.length; index += 3) {
  known.set(Number(listed[index]), [listed[index + 1] as string, listed[index + 2] as string]);
}

const notYet = Symbol("not made yet");

/** The verification's object from its parts; `undefined` if nothing was verified. */
function verification(scheme: number, signedAt: number, secretIndex: number, id: number[]): Verification | undefined {
  if (scheme === 0) {
    return undefined;
  }
  const v1 = scheme === 1;
  return Object.freeze({
    scheme: v1 ? "v1" : "body",
    signedAt: v1 ? signedAt : undefined,
    secretIndex,
    deliveryId: v1 ? hex(id) : undefined,
  });
}

/** Reads the verification of a frame's latest call. */
export function readVerification({ numbers, words }: Frame): Verification | undefined {
  const id = [words.getUint32(0), words.getUint32(4), words.getUint32(8), words.getUint32(12)];
  const [scheme, signedAt, secretIndex] = numbers.subarray(Answer.Scheme) as unknown as [number, number, number];
  return verification(scheme, signedAt, secretIndex, id);
}

function hex(words: number[]): string {
  return words.map((word) => word.toString(16).padStart(8, "0")).join("");
}

/**
 * One event. `data`, `context` and `raw` are made when they are first asked for, and kept.
 *
 * `T` is the type of `data`. Printing it, logging it or turning it into JSON shows no payload.
 */
export class WebhookEvent<T = unknown> {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #type: number;
  readonly #millis: number;
  readonly #nameAt: number;
  readonly #nameEnd: number;
  readonly #dataAt: number;
  readonly #dataEnd: number;
  readonly #contextAt: number;
  readonly #contextEnd: number;
  readonly #userAt: number;
  readonly #userEnd: number;
  readonly #externalAt: number;
  readonly #externalEnd: number;
  readonly #escaped: number;
  readonly #scheme: number;
  readonly #signedAt: number;
  readonly #secretIndex: number;
  readonly #id0: number;
  readonly #id1: number;
  readonly #id2: number;
  readonly #id3: number;
  #data: unknown = notYet;
  #context: unknown = notYet;
  #raw: unknown = notYet;
  #name: string | undefined;
  #rawBody: Buffer | undefined;
  #verification: Verification | undefined;

  /** @internal */
  constructor(frame: Frame) {
    const { numbers, words } = frame;
    const start = frame.start;
    this.#bytes = frame.bytes;
    this.#start = start;
    this.#end = frame.end;
    this.#type = numbers[Answer.Type] as number;
    this.#millis = numbers[Answer.Timestamp] as number;
    this.#nameAt = start + (numbers[Answer.Name] as number);
    this.#nameEnd = start + (numbers[Answer.Name + 1] as number);
    this.#dataAt = numbers[Answer.Data] as number;
    this.#dataEnd = numbers[Answer.Data + 1] as number;
    this.#contextAt = numbers[Answer.Context] as number;
    this.#contextEnd = numbers[Answer.Context + 1] as number;
    this.#userAt = numbers[Answer.UserId] as number;
    this.#userEnd = numbers[Answer.UserId + 1] as number;
    this.#externalAt = numbers[Answer.ExternalUserId] as number;
    this.#externalEnd = numbers[Answer.ExternalUserId + 1] as number;
    this.#escaped =
      (numbers[Answer.Name + 2] as number) +
      2 * (numbers[Answer.UserId + 2] as number) +
      4 * (numbers[Answer.ExternalUserId + 2] as number);
    this.#scheme = numbers[Answer.Scheme] as number;
    this.#signedAt = numbers[Answer.SignedAt] as number;
    this.#secretIndex = numbers[Answer.SecretIndex] as number;
    this.#id0 = words.getUint32(0);
    this.#id1 = words.getUint32(4);
    this.#id2 = words.getUint32(8);
    this.#id3 = words.getUint32(12);
  }

  /** The event type in snake_case, `unknown` for a name this library does not know. */
  get type(): string {
    return known.get(this.#type)?.[0] ?? "unknown";
  }

  /** The exact wire name, such as `refresh:finished`. */
  get name(): string {
    this.#name ??= known.get(this.#type)?.[1] ?? this.#string(this.#nameAt, this.#nameEnd, this.#escaped & 1);
    return this.#name;
  }

  /** `content` (Events v2) or `data` (community); `{}` where there is none. */
  get data(): T {
    if (this.#data === notYet) {
      this.#data = this.#dataAt < 0 ? {} : this.#json(this.#start + this.#dataAt, this.#start + this.#dataEnd);
    }
    return this.#data as T;
  }

  /** `context`, if it is an object. */
  get context(): Record<string, unknown> | undefined {
    if (this.#context === notYet) {
      const [at, end] = [this.#contextAt, this.#contextEnd];
      this.#context = at < 0 ? undefined : this.#json(this.#start + at, this.#start + end);
    }
    return this.#context as Record<string, unknown> | undefined;
  }

  /** `userId`: a non-empty string from the context, else from the data. */
  get userId(): string | undefined {
    const [at, end] = [this.#userAt, this.#userEnd];
    return at < 0 ? undefined : this.#string(this.#start + at, this.#start + end, this.#escaped & 2);
  }

  /** `externalUserId`, found the same way. */
  get externalUserId(): string | undefined {
    const [at, end] = [this.#externalAt, this.#externalEnd];
    return at < 0 ? undefined : this.#string(this.#start + at, this.#start + end, this.#escaped & 4);
  }

  /** When it happened: the payload's word, else the verified `t`, else the time of receipt. A new `Date` each time. */
  get timestamp(): Date {
    return new Date(this.#millis);
  }

  /** The whole payload. */
  get raw(): Record<string, unknown> {
    if (this.#raw === notYet) {
      this.#raw = this.#json(this.#start, this.#end);
    }
    return this.#raw as Record<string, unknown>;
  }

  /** The bytes that were delivered; a copy that is made once. */
  get rawBody(): Buffer {
    this.#rawBody ??= Buffer.from(this.#bytes.subarray(this.#start, this.#end));
    return this.#rawBody;
  }

  /** What was proven; `undefined` for an event from `parseEvent`. */
  get verification(): Verification | undefined {
    this.#verification ??= verification(this.#scheme, this.#signedAt, this.#secretIndex, [
      this.#id0,
      this.#id1,
      this.#id2,
      this.#id3,
    ]);
    return this.#verification;
  }

  /** A summary without the payload, so that a JSON logger cannot leak it. */
  toJSON(): { type: string; name: string; timestamp: Date; verification: Verification | undefined } {
    return { type: this.type, name: this.name, timestamp: this.timestamp, verification: this.verification };
  }

  /** The same for `console.log`. */
  [inspect.custom](): string {
    return `WebhookEvent <${this.name} at ${this.timestamp.toISOString()}>`;
  }

  /** Whether it is an event of this library. @internal */
  static isEvent(value: unknown): value is WebhookEvent {
    return typeof value === "object" && value !== null && #bytes in value;
  }

  /** The number of its type, for the registry. @internal */
  static typeNumber(event: WebhookEvent): number {
    return event.#type;
  }

  #json(start: number, end: number): unknown {
    return JSON.parse(this.#bytes.toString("utf8", start, end));
  }

  #string(start: number, end: number, escaped: number): string {
    return escaped ? (this.#json(start - 1, end + 1) as string) : this.#bytes.toString("utf8", start, end);
  }
}
