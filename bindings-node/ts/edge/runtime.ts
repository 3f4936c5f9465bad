// What the package needs of the JavaScript runtime it is in, where that is not Node: of Web standards only. See
// `../runtime.ts`, which this takes the place of.

/** A getter that throws, or gives nothing, for what is not of the class. */
const getter = (prototype: object, name: PropertyKey) =>
  Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown;
const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const bufferSize = getter(ArrayBuffer.prototype, "byteLength");
const sharedSize = typeof SharedArrayBuffer === "function" && getter(SharedArrayBuffer.prototype, "byteLength");

function gives(get: (this: unknown) => unknown, value: unknown): boolean {
  try {
    get.call(value);
    return true;
  } catch {
    return false;
  }
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return typedArrayName.call(value) === "Uint8Array";
}

export function isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer {
  return sharedSize !== false && gives(sharedSize, value);
}

export function isAnyArrayBuffer(value: unknown): value is ArrayBufferLike {
  return gives(bufferSize, value) || isSharedArrayBuffer(value);
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

export function isGeneratorFunction(value: unknown): boolean {
  return /GeneratorFunction\]$/.test(Object.prototype.toString.call(value));
}

/** The edge has no environment that every runtime reads in the same way. */
export function environmentSecret(): string | undefined {
  return undefined;
}

export const LATE_SECRET =
  "this runtime has no environment that the library could read: pass the secret of its own, " +
  "{ secret: () => env.TINK_WEBHOOK_SECRET }";

export function warn(message: string, code: string): void {
  console.warn(`${message} [${code}]`);
}

/** Not with a timer, which runtimes refuse while a program is loaded. */
export function later(call: () => void): void {
  queueMicrotask(call);
}

export function allocate(size: number): Uint8Array {
  return new Uint8Array(size);
}

export function look(buffer: ArrayBufferLike, start: number, size: number): Uint8Array {
  return new Uint8Array(buffer, start, size);
}

export function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

const encoder = new TextEncoder();
/** A byte order mark is a character like any other: the core judges it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text has no lone surrogates. */
export function byteLength(text: string): number {
  let size = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      // A character beyond U+FFFF is two units here, and four bytes.
      size += unit > 0x7ff && !(unit >= 0xd800 && unit <= 0xdfff) ? 2 : 1;
    }
  }
  return size;
}

export function write(bytes: Uint8Array, text: string, start: number): number {
  return encoder.encodeInto(text, start === 0 ? bytes : bytes.subarray(start)).written;
}

export function fromText(text: string): Uint8Array {
  return encoder.encode(text);
}

export const fromAscii = fromText;

export function toText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
}

export const toAscii = toText;
export const toLargeText = toText;

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index += 1) {
    text += digits[bytes[index] as number];
  }
  return text;
}
