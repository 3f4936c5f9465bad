// What the package needs of the JavaScript runtime it is in, here of Node. At the edge `edge/runtime.ts` is in its place:
// only these two, `native.ts` and the adapters for Node's frameworks know what a runtime has.
import { types } from "node:util";
import { native } from "./native";

/** Whether a value is what its name says, whatever properties and prototype it has. */
export const { isUint8Array, isAnyArrayBuffer, isSharedArrayBuffer, isPromise, isGeneratorFunction } = types;

/** The value of `TINK_WEBHOOK_SECRET`. */
export function environmentSecret(): string | undefined {
  return process.env.TINK_WEBHOOK_SECRET;
}

/** What to do where there is no secret yet. */
export const LATE_SECRET =
  "where there is none yet, as in `next build`, pass a function: { secret: () => process.env.TINK_WEBHOOK_SECRET }";

/** Tells the program of something that is likely to be wrong with it. */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: "TinkWebhooksWarning", code });
}

/** Calls a function once the code that runs now has ended. */
export function later(call: () => void): void {
  setImmediate(call);
}

/** Memory that is nobody else's. What is in it is not defined. */
export function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafeSlow(size); // that of `Buffer.from` may be a pool's, which others can reach
}

/** The bytes that lie there, without copying them. */
export function look(buffer: ArrayBufferLike, start: number, size: number): Uint8Array {
  return Buffer.from(buffer as ArrayBuffer, start, size);
}

/** A copy, for the user. */
export function copy(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes);
}

/** The size of a text in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** Writes a text as UTF-8, and gives the number of its bytes. There is room for them. */
export function write(bytes: Uint8Array, text: string, start: number): number {
  return (bytes as Buffer).write(text, start);
}

/** The bytes of a text that is ASCII. */
export function fromAscii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** The bytes of a text in UTF-8. */
export function fromText(text: string): Uint8Array {
  return Buffer.from(text);
}

/** The text of bytes that are ASCII. */
export function toAscii(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as Buffer).toString("latin1", start, end);
}

/** The text of bytes that are UTF-8. */
export function toText(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as Buffer).toString("utf8", start, end);
}

/** Bytes in hex digits. */
export function toHex(bytes: Uint8Array, start: number, end: number): string {
  return (bytes as Buffer).toString("hex", start, end);
}

/** Room for parts of up to 32 KiB: a buffer of its own takes longer to make than such a part to decode. */
let room: Buffer | undefined;

/** A part of a large text that is UTF-8 and not ASCII. Node's own way takes up to ten times as long as the native one. */
export function toLargeText(bytes: Uint8Array, start: number, end: number): string {
  if (!native.decode) {
    return toText(bytes, start, end);
  }
  const size = 2 * (end - start);
  room ??= Buffer.allocUnsafeSlow(65_536);
  const out = size > room.length ? Buffer.allocUnsafeSlow(size) : room;
  const written = native.decode(bytes, start, end, out);
  return written < 0 ? out.toString("utf16le", 0, -2 * written) : out.toString("latin1", 0, written);
}
