import { types } from "node:util";
import { failure } from "./errors";

/** The raw body of a request: the bytes that were signed, or their text. */
export type Body = Uint8Array | ArrayBuffer | string;

/** The value of the `X-Tink-Signature` header, as `req.headers` or `Headers.get` give it. */
export type Signature = string | readonly string[] | null | undefined;

// The layout; `src/frame.rs` is the other half. Numbers are doubles in the machine's byte order.
// First the request, then room for a signature, then records: an answer, and behind it the body that it is about.
/** Indices of the request's numbers. */
const enum Request {
  Answer = 0,
  Signature = 1,
  SignatureLength = 2,
  Body = 3,
  BodyLength = 4,
  Clock = 5,
  ClockSays = 6,
}
const SIGNATURE = 64;
/** Text of so many characters fits between the request and the records; longer headers get a frame of their own. */
const SIGNATURE_CHARACTERS = 400;
const RECORDS = SIGNATURE + SIGNATURE_CHARACTERS * 3;
/** Records that lie in a frame one after the other. An event that is kept keeps its frame; a larger one has its own. */
const SHARED_BYTES = 16_384;

/** Indices of the answer's numbers, counted from the record's begin. */
export const enum Answer {
  Scheme = 0,
  SignedAt = 1,
  SecretIndex = 2,
  Type = 3,
  Timestamp = 4,
  Name = 5,
  Data = 8,
  Context = 10,
  UserId = 12,
  ExternalUserId = 15,
  DeliveryId = 18,
  /** Written by this side. */
  BodyLength = 20,
  Body = 21,
}
const ANSWER = Answer.Body * 8;

/** How the time is known. */
const enum Clock {
  System = 0,
  Ask = 1,
  Says = 2,
}

/**
 * A buffer for calls' arguments and their answers. It never leaves this package, so what was verified is what is parsed,
 * whatever becomes of the caller's buffer. Events keep it for their records; the request is that of the latest call.
 */
export class Frame {
  readonly bytes: Buffer;
  readonly numbers: Float64Array;
  #next = RECORDS;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(RECORDS + align(size));
    this.numbers = new Float64Array(this.bytes.buffer, 0, this.bytes.length / 8);
  }

  /** The index of the latest record's first number. */
  get record(): number {
    return (this.numbers[Request.Answer] as number) >>> 3;
  }

  /** Says that the caller has a clock, which is asked only when it has to be. */
  askClock(): void {
    this.numbers[Request.Clock] = Clock.Ask;
  }

  /** The clock's answer, milliseconds. */
  clockSays(now: unknown): void {
    this.numbers[Request.Clock] = Clock.Says;
    this.numbers[Request.ClockSays] = typeof now === "number" ? now : Number.NaN;
  }

  /** Room for a record, in bytes from the begin, or -1 if there is none. */
  reserve(size: number): number {
    const start = this.#next;
    const end = start + ANSWER + size;
    if (end > this.bytes.length) {
      return -1;
    }
    this.#next = align(end);
    return start;
  }
}

function align(size: number): number {
  return size + (-size & 7);
}

let shared = new Frame(SHARED_BYTES);

/**
 * Copies a delivery into a frame.
 *
 * `alone` asks for a frame that no other call uses meanwhile: where the caller's own code runs in between.
 */
export function fill(body: Body, signature: Signature, cap: number, alone: boolean): Frame {
  const content = toContent(body);
  const size = sizeOf(content);
  if (size > cap) {
    throw failure("body_too_large"); // the core would say so too, but only of a copy
  }
  const header = headerText(signature);
  if (typeof signature === "object" && sizeOf(content) !== size) {
    throw new TypeError("the body changed its size while the signature was read"); // an array may run code
  }
  const characters = header === undefined ? 0 : header.length;
  let frame = shared;
  let start = -1;
  let headerAt = SIGNATURE;
  if (alone || size > SHARED_BYTES / 4 || characters > SIGNATURE_CHARACTERS) {
    frame = new Frame(ANSWER + size + characters * 3);
    start = frame.reserve(size);
    headerAt = characters > SIGNATURE_CHARACTERS ? start + ANSWER + size : SIGNATURE;
  } else {
    start = frame.reserve(size);
    if (start < 0) {
      frame = shared = new Frame(SHARED_BYTES);
      start = frame.reserve(size);
    }
  }
  const { bytes, numbers } = frame;
  write(content, bytes, start + ANSWER);
  numbers[(start >>> 3) + Answer.BodyLength] = size;
  numbers[Request.Answer] = start;
  numbers[Request.Signature] = headerAt;
  numbers[Request.SignatureLength] = header === undefined ? -1 : bytes.write(header, headerAt);
  numbers[Request.Body] = start + ANSWER;
  numbers[Request.BodyLength] = size;
  numbers[Request.Clock] = Clock.System;
  return frame;
}

/** The body as bytes or as text that has bytes. */
function toContent(body: Body): Uint8Array | string {
  if (types.isUint8Array(body)) {
    return body;
  }
  if (types.isAnyArrayBuffer(body)) {
    return new Uint8Array(body);
  }
  if (typeof body !== "string") {
    throw new TypeError(
      "the body must be the raw bytes of the request (a Buffer, a Uint8Array, an ArrayBuffer) or its text, not " +
        `${describe(body)}: pass what express.raw({ type: "application/json" }) leaves in req.body, req.rawBody ` +
        "(NestJS, serverless platforms) or await request.text() (Next.js, Hono), and not what a framework has parsed",
    );
  }
  if (!body.isWellFormed()) {
    throw failure("invalid_utf8");
  }
  return body;
}

/** The body's bytes, copied. */
export function toBytes(body: Body): Uint8Array {
  const content = toContent(body);
  const bytes = Buffer.allocUnsafeSlow(sizeOf(content));
  write(content, bytes, 0);
  return bytes;
}

function write(content: Uint8Array | string, bytes: Buffer, start: number): void {
  if (typeof content === "string") {
    bytes.write(content, start);
  } else {
    bytes.set(content, start);
  }
}

/** The view's real length: an object can have a `byteLength` of its own that says something else. */
const viewLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "byteLength")?.get as (
  this: Uint8Array,
) => number;

function sizeOf(content: Uint8Array | string): number {
  return typeof content === "string" ? Buffer.byteLength(content) : viewLength.call(content);
}

function headerText(signature: Signature): string | undefined {
  if (typeof signature === "string") {
    return signature;
  }
  if (signature === undefined || signature === null) {
    return undefined;
  }
  if (Array.isArray(signature)) {
    if (signature.length > 1) {
      throw failure("malformed_signature", "there are several X-Tink-Signature headers");
    }
    const only: unknown = signature[0];
    if (only === undefined || typeof only === "string") {
      return only;
    }
  }
  throw new TypeError(
    `the signature must be the value of the X-Tink-Signature header: a string, or undefined, not ${describe(signature)}`,
  );
}

/** The type of a value in words, without the value. */
export function describe(value: unknown): string {
  if (value === null) {
    return "null";
  }
  if (typeof value === "object") {
    return Array.isArray(value) ? "an array" : "an object";
  }
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}
