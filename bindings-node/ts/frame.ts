import { types } from "node:util";
import { failure } from "./errors";

/** The raw body of a request: the bytes that were signed, or their text. */
export type Body = Uint8Array | ArrayBuffer | string;

/** The value of the `X-Tink-Signature` header, as `req.headers` or `Headers.get` give it. */
export type Signature = string | readonly string[] | null | undefined;

// The layout; `src/frame.rs` is the other half. Numbers are doubles in the machine's byte order.
const NUMBERS = 24;
const DELIVERY_ID = NUMBERS * 8;
const SIGNATURE = DELIVERY_ID + 16;
/** Text of so many characters fits between the numbers and the bodies; longer headers get a frame of their own. */
const SIGNATURE_CHARACTERS = 1_400;
const BODIES = SIGNATURE + SIGNATURE_CHARACTERS * 3;
/** Bodies that lie in a frame one after the other. An event that is kept keeps its frame; a larger one has its own. */
const SHARED_BYTES = 16_384;

/** Indices of the answer's numbers. */
export enum Answer {
  Scheme = 6,
  SignedAt = 7,
  SecretIndex = 8,
  Type = 9,
  Timestamp = 10,
  Name = 11,
  Data = 14,
  Context = 16,
  UserId = 18,
  ExternalUserId = 21,
}

/** How the time is known. */
export enum Clock {
  System = 0,
  Ask = 1,
  Says = 2,
}

/**
 * A buffer for a call's arguments and its answer. It never leaves this package, so what was verified is what is parsed,
 * whatever becomes of the caller's buffer. Events keep it for their bodies; the numbers are of the latest call.
 */
export class Frame {
  readonly bytes: Buffer;
  readonly numbers: Float64Array;
  readonly words: DataView;
  #next = BODIES;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size + (-size & 7));
    this.numbers = new Float64Array(this.bytes.buffer, 0, NUMBERS);
    this.words = new DataView(this.bytes.buffer, DELIVERY_ID, 16);
  }

  /** Where the latest body begins. */
  get start(): number {
    return this.numbers[2] as number;
  }

  /** Where it ends. */
  get end(): number {
    return this.start + (this.numbers[3] as number);
  }

  /** Room for a body, or -1 if there is none. */
  reserve(size: number): number {
    const start = this.#next;
    if (start + size > this.bytes.length) {
      return -1;
    }
    this.#next = start + size;
    return start;
  }
}

let shared = new Frame(BODIES + SHARED_BYTES);

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
  let start = BODIES;
  let frame: Frame;
  if (alone || size > SHARED_BYTES || (header !== undefined && header.length > SIGNATURE_CHARACTERS)) {
    start = Math.max(BODIES, SIGNATURE + (header?.length ?? 0) * 3);
    frame = new Frame(start + size);
  } else {
    frame = shared;
    start = frame.reserve(size);
    if (start < 0) {
      frame = shared = new Frame(BODIES + SHARED_BYTES);
      start = frame.reserve(size);
    }
  }
  const { bytes, numbers } = frame;
  write(content, bytes, start);
  numbers[0] = SIGNATURE;
  numbers[1] = header === undefined ? -1 : bytes.write(header, SIGNATURE);
  numbers[2] = start;
  numbers[3] = size;
  numbers[4] = Clock.System;
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
