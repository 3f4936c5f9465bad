/** The value of a digit, by its code: `0` is 48, `a` is 97. */
const value = (code: number) => (code < 58 ? code - 48 : code - 87);

/** A module from its hex digits. */
export function compile(hex: string): WebAssembly.Module {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = 16 * value(hex.charCodeAt(2 * index)) + value(hex.charCodeAt(2 * index + 1));
  }
  return new WebAssembly.Module(bytes);
}
