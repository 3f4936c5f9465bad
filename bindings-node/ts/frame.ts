import { Request } from "./contract";
import { failure } from "./errors";
import {
  allocate,
  byteLength,
  isAnyArrayBuffer,
  isSharedArrayBuffer,
  isUint8Array,
  look,
  toAscii,
  write,
} from "./runtime";

/** The raw body of a request: the bytes that were signed, or their text. */
export type Body = Uint8Array | ArrayBuffer | string;

/** The value of the `X-Tink-Signature` header, as `req.headers` or `Headers.get` give it; none where it is absent. */
export type Signature = string | readonly string[] | null | undefined;

/**
 * Holds a value out of sight of what looks at the local variables of every function when something is thrown: debuggers,
 * and error trackers such as Sentry. They show texts, and the texts in plain objects and arrays, but of an object of a
 * class the name only. So bodies, signatures and secrets are handed on in one of these wherever something may be thrown,
 * and a function that has them as parameters clears those first.
 */
export class Held<T> {
  value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** A delivery, held like {@link Held}. */
export class Given {
  body: Body;
  signature: Signature;
  content: Uint8Array | string = "";
  header: string | undefined;
  /** The bytes of a body that is too large to be copied into a frame. */
  outside: Uint8Array | undefined;
  /** Whether those are a copy that nobody else has. */
  ours = false;

  constructor(body: Body, signature: Signature) {
    this.body = body;
    this.signature = signature;
  }
}

// The layout; `src/frame.rs` is the other half. Numbers are doubles in the machine's byte order.
// First the request, of which `contract.ts` has the indices, then room for a signature, then records: each is an answer,
// followed by the body it belongs to.
const SIGNATURE = 64;
/** A header of so many characters fits between the request and the records; a longer one gets its own frame. */
const SIGNATURE_CHARACTERS = 400;
const RECORDS = SIGNATURE + SIGNATURE_CHARACTERS * 3;
/** The size of a frame that records share. An event keeps its frame alive. */
const SHARED_BYTES = 16_384;
/** Up to so many bytes a body is copied into the frame, which costs less than looking at it where it lies. */
const SMALL = SHARED_BYTES / 4;

/** Indices of the answer's numbers, counted from the beginning of the record. */
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
  /** 1 if every byte of the body is ASCII, so that offsets into its bytes are offsets into its text. */
  Ascii = 18,
  DeliveryId = 19,
  /** Written by TypeScript. */
  BodyLength = 21,
  Body = 22,
}
const ANSWER = Answer.Body * 8;

/** How the time is known. */
const enum Clock {
  Says = 0,
  Ask = 1,
}

/**
 * A buffer for the arguments of calls and for their answers. It never leaves this package: what was verified is what is
 * parsed, whatever becomes of the caller's buffer. Events read their records in it; the request is the latest call's.
 */
export class Frame {
  readonly bytes: Uint8Array;
  readonly numbers: Float64Array;
  /** The room for a signature. A view for each call would take longer than writing it. */
  readonly signature: Uint8Array;
  /** Where the next record begins, in bytes. */
  next = RECORDS;

  constructor(size: number) {
    this.bytes = allocate(RECORDS + align(size));
    this.numbers = new Float64Array(this.bytes.buffer, 0, this.bytes.length / 8);
    this.signature = look(this.bytes.buffer, SIGNATURE, RECORDS - SIGNATURE);
  }

  /** The index of the latest record's first number. */
  get record(): number {
    return (this.numbers[Request.Answer] as number) >>> 3;
  }

  /** Tells the native half that the caller has a clock. It is asked only when the time is needed. */
  askClock(): void {
    this.numbers[Request.Clock] = Clock.Ask;
  }

  /** The time, milliseconds: the clock's answer, or that of `Date.now`. */
  clockSays(now: unknown): void {
    this.numbers[Request.Clock] = Clock.Says;
    this.numbers[Request.ClockSays] = typeof now === "number" ? now : Number.NaN;
  }
}

function align(size: number): number {
  return size + (-size & 7);
}

let shared = new Frame(SHARED_BYTES);

/**
 * Puts a delivery into a frame: a small body is copied there, a large one stays where it is and is `given.outside`. The
 * record is written over by the next call, unless {@link keep} keeps it.
 *
 * @param cap the largest body, in bytes
 * @param alone asks for a frame that no other call uses: for calls during which the user's code runs
 */
export function fill(given: Given, cap: number, alone: boolean): Frame {
  given.content = toContent(given);
  const size = sizeOf(given.content);
  if (size > cap) {
    throw failure("body_too_large"); // the core would refuse it too, but only after it was copied
  }
  given.header = headerText(given);
  if (typeof given.signature === "object" && sizeOf(given.content) !== size) {
    throw new TypeError("the body changed its size while the signature was read"); // reading an array may run code
  }
  if (size > SMALL) {
    lookOutside(given);
  }
  const { content, header } = given; // nothing is thrown from here on
  const characters = header === undefined ? 0 : header.length;
  const inside = size > SMALL ? 0 : size;
  let frame = shared;
  let headerAt = SIGNATURE;
  if (alone || characters > SIGNATURE_CHARACTERS) {
    frame = new Frame(ANSWER + inside + characters * 3);
    headerAt = characters > SIGNATURE_CHARACTERS ? RECORDS + ANSWER + inside : SIGNATURE;
  } else if (frame.next + ANSWER + inside > frame.bytes.length) {
    frame = shared = new Frame(SHARED_BYTES);
  }
  const { bytes, numbers, next } = frame;
  numbers[(next >>> 3) + Answer.BodyLength] = size;
  numbers[Request.Answer] = next;
  numbers[Request.IdInSignature] = 0;
  numbers[Request.Signature] = headerAt;
  numbers[Request.SignatureLength] =
    header === undefined
      ? -1
      : headerAt === SIGNATURE
        ? write(frame.signature, header, 0)
        : write(bytes, header, headerAt);
  numbers[Request.Body] = size > SMALL ? -1 : next + ANSWER;
  numbers[Request.BodyLength] = size;
  if (size <= SMALL) {
    put(content, bytes, next + ANSWER);
  }
  return frame;
}

/**
 * Keeps the record of the latest call and its body. It follows on that call: no code of the user's has run since the
 * native half read the caller's buffer.
 *
 * @returns a body that is not in the frame: as text where it is ASCII, which costs the same to make and less to parse
 */
export function keep(frame: Frame, given: Given): string | Uint8Array | undefined {
  const { numbers, record } = frame;
  const { content, outside } = given;
  if (!outside) {
    frame.next = align(record * 8 + ANSWER + (numbers[record + Answer.BodyLength] as number));
    return undefined;
  }
  frame.next = record * 8 + ANSWER;
  numbers[record + Answer.BodyLength] = outside.length;
  if (numbers[record + Answer.Ascii] === 0) {
    return given.ours ? outside : copyOf(outside);
  }
  return typeof content === "string" ? content : toAscii(outside, 0, outside.length);
}

/** Looks at a large body where it lies. Other threads can change shared memory at any time: that is copied, as text is. */
function lookOutside(given: Given): void {
  const { content } = given;
  if (typeof content === "string" || isSharedArrayBuffer(viewBuffer.call(content))) {
    given.outside = copyOf(content);
    given.ours = true;
  } else {
    given.outside = look(viewBuffer.call(content), viewOffset.call(content), viewLength.call(content));
  }
}

/** The body as bytes, or as text without lone surrogates. */
function toContent(given: { readonly body: Body }): Uint8Array | string {
  if (isUint8Array(given.body)) {
    return given.body;
  }
  if (isAnyArrayBuffer(given.body)) {
    return new Uint8Array(given.body);
  }
  if (typeof given.body !== "string") {
    throw new TypeError(
      "the body must be the raw bytes of the request (a Buffer, a Uint8Array, an ArrayBuffer) or its text, not " +
        `${describe(given.body)}: pass what express.raw({ type: "application/json" }) leaves in req.body, req.rawBody ` +
        "(NestJS, serverless platforms) or await request.text() (Next.js, Hono), and not what a framework has parsed",
    );
  }
  if (!given.body.isWellFormed()) {
    throw failure("invalid_utf8");
  }
  return given.body;
}

/** A copy of the body's bytes. */
export function toBytes(given: Given): Uint8Array {
  return copyOf(toContent(given));
}

/** A copy in memory of its own. */
function copyOf(content: Uint8Array | string): Uint8Array {
  const bytes = allocate(sizeOf(content));
  put(content, bytes, 0);
  return bytes;
}

function put(content: Uint8Array | string, bytes: Uint8Array, start: number): void {
  if (typeof content === "string") {
    write(bytes, content, start);
  } else {
    bytes.set(content, start);
  }
}

/** A view's own getters: an object can have properties of these names that say something else. */
const [viewLength, viewOffset, viewBuffer] = ["byteLength", "byteOffset", "buffer"].map(
  (name) => Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), name)?.get,
) as [(this: Uint8Array) => number, (this: Uint8Array) => number, (this: Uint8Array) => ArrayBufferLike];

function sizeOf(content: Uint8Array | string): number {
  return typeof content === "string" ? byteLength(content) : viewLength.call(content);
}

/** The header's value as text. */
export function headerText(given: Given): string | undefined {
  if (typeof given.signature === "string") {
    return given.signature;
  }
  if (given.signature === undefined || given.signature === null) {
    return undefined;
  }
  if (Array.isArray(given.signature)) {
    if (given.signature.length > 1) {
      throw failure("malformed_signature", "there are several X-Tink-Signature headers");
    }
    const only: unknown = given.signature[0];
    if (only === undefined || typeof only === "string") {
      return only;
    }
  }
  throw new TypeError(
    "the signature must be the value of the X-Tink-Signature header: a string, or undefined, not " +
      describe(given.signature),
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
