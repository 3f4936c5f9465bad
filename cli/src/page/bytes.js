// Bytes as they are: nothing that a person cannot see stays invisible.

/** Names of characters that look like nothing, or like something else. */
const INVISIBLE_NAMES = new Map([
  [0x00, "NUL"],
  [0x09, "tab"],
  [0x0a, "line feed"],
  [0x0d, "carriage return"],
  [0x1b, "escape"],
  [0x7f, "delete"],
  [0x85, "next line"],
  [0xa0, "no-break space"],
  [0xad, "soft hyphen"],
  [0x200b, "zero-width space"],
  [0x200c, "zero-width non-joiner"],
  [0x200d, "zero-width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0x2028, "line separator"],
  [0x2029, "paragraph separator"],
  [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"],
  [0x202c, "pop directional formatting"],
  [0x202d, "left-to-right override"],
  [0x202e, "right-to-left override"],
  [0x2066, "left-to-right isolate"],
  [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"],
  [0x2069, "pop directional isolate"],
  [0xfeff, "byte order mark"],
  [0xfffd, "replacement character"],
]);

/** Short signs for the most frequent ones; the rest are written as `U+XXXX`. */
const SIGNS = new Map([
  [0x09, "⇥"],
  [0x0a, "␊"],
  [0x0d, "␍"],
]);

/** Controls, formats, separators other than the space, private use, unassigned, variation selectors, U+FFFD. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Variation_Selector}\ufffd]|(?! )\p{Zs}/u;

const hex = (number, digits) => number.toString(16).toUpperCase().padStart(digits, "0");

/**
 * Cuts bytes into pieces `{text, kind, title, bytes}`: `kind` is `text` for what can be seen, `mark` for a character that cannot
 * (`text` is a sign for it), `bad` for a byte that is not UTF-8.
 */
function visiblePieces(bytes) {
  const pieces = [];
  let plain = "";
  const flush = () => {
    if (plain) pieces.push({ kind: "text", text: plain });
    plain = "";
  };
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      flush();
      const text = `\\x${hex(bytes[at], 2)}`;
      pieces.push({ kind: "bad", text, title: `byte 0x${hex(bytes[at], 2)}: not UTF-8` });
      at += 1;
      continue;
    }
    const character = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(at, at + length));
    at += length;
    if (!UNSEEN.test(character)) {
      plain += character;
      continue;
    }
    flush();
    const point = character.codePointAt(0);
    const code = `U+${hex(point, 4)}`;
    const name = INVISIBLE_NAMES.get(point) ?? "invisible character";
    pieces.push({ kind: "mark", text: SIGNS.get(point) ?? code, title: `${name} (${code})`, newline: point === 0x0a });
  }
  flush();
  return pieces;
}

/** How many bytes the UTF-8 character that begins here has; 0 if none does. */
function sequenceLength(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (at + length > bytes.length) return 0;
  for (let next = 1; next < length; next++) if (bytes[at + next] >> 6 !== 2) return 0;
  const second = bytes[at + 1];
  // Overlong forms, surrogates, and what is beyond U+10FFFF.
  if (first === 0xe0 && second < 0xa0) return 0;
  if (first === 0xed && second > 0x9f) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  if (first === 0xf4 && second > 0x8f) return 0;
  return length;
}

/** The same for a text that has been decoded before, such as a header or a name. */
function visibleText(text) {
  return visiblePieces(new TextEncoder().encode(text));
}

/** Rows of a hex dump: offset, sixteen bytes, and what of them is printable ASCII. */
function hexRows(bytes, from = 0, to = bytes.length) {
  const rows = [];
  for (let at = from; at < to; at += 16) {
    const row = [...bytes.subarray(at, Math.min(at + 16, to))];
    const digits = row.map((byte) => hex(byte, 2).toLowerCase());
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    rows.push({
      offset: hex(at, 6).toLowerCase(),
      hex: `${digits.slice(0, 8).join(" ")}  ${digits.slice(8).join(" ")}`,
      text,
    });
  }
  return rows;
}
