// The WebAssembly module inside of the program: where bundlers do not know such files. Takes the place of `module.ts`.
// In hex digits, since a compressed bundle is then smaller than with base64, whose digits do not begin where bytes do.
import hex from "../../dist/tink_webhooks.wasm";

/** The value of a digit, by its code: `0` is 48, `a` is 97. */
const value = (code: number) => (code < 58 ? code - 48 : code - 87);
const bytes = new Uint8Array(hex.length / 2);
for (let index = 0; index < bytes.length; index += 1) {
  bytes[index] = 16 * value(hex.charCodeAt(2 * index)) + value(hex.charCodeAt(2 * index + 1));
}

export const module = new WebAssembly.Module(bytes);
