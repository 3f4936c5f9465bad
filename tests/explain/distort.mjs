// What programs in Node do to a body: a JSON object { name: hex } in, { name: { row: hex } } out.
import { readFileSync } from "node:fs";

const sorted = (value) =>
  value === null || typeof value !== "object"
    ? value
    : Array.isArray(value)
      ? value.map(sorted)
      : Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, sorted(value[key])]),
        );

const snake = (value) =>
  value === null || typeof value !== "object"
    ? value
    : Array.isArray(value)
      ? value.map(snake)
      : Object.fromEntries(
          Object.entries(value).map(([key, inner]) => [
            key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
            snake(inner),
          ]),
        );

const rows = {
  "JSON.stringify": (text) => JSON.stringify(JSON.parse(text)),
  "JSON.stringify, 2 spaces": (text) => JSON.stringify(JSON.parse(text), null, 2),
  "JSON.stringify, tabs": (text) => JSON.stringify(JSON.parse(text), null, "\t"),
  "JSON.stringify, keys sorted": (text) => JSON.stringify(sorted(JSON.parse(text))),
  "JSON.stringify, snake_case": (text) => JSON.stringify(snake(JSON.parse(text))),
  "JSON.stringify of the text": (text) => JSON.stringify(text),
  "JSON.stringify of a Buffer": (text) => JSON.stringify(Buffer.from(text)),
  "JSON.stringify of a Uint8Array": (text) => JSON.stringify(new Uint8Array(Buffer.from(text))),
  "String of a Uint8Array": (text) => String(new Uint8Array(Buffer.from(text))),
  "Buffer to latin1": (text) => Buffer.from(text).toString("latin1"),
  "written as latin1": (text) => (/[^\0-\xff]/.test(text) ? text : Buffer.from(text, "latin1")),
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "a Lambda event": (text) => JSON.stringify({ version: "2.0", headers: { a: "b" }, body: text, isBase64Encoded: false }),
  "a Lambda event in base64": (text) =>
    JSON.stringify({ version: "2.0", body: Buffer.from(text).toString("base64"), isBase64Encoded: true }),
  "URLSearchParams, payload": (text) => new URLSearchParams({ payload: text }).toString(),
  "URLSearchParams, the body as key": (text) => new URLSearchParams([[text, ""]]).toString(),
  encodeURIComponent: (text) => encodeURIComponent(text),
  "UTF-16": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "a byte order mark": (text) => `\ufeff${text}`,
};

const bodies = JSON.parse(readFileSync(0, "utf8"));
const made = {};
for (const [name, hex] of Object.entries(bodies)) {
  const text = Buffer.from(hex, "hex").toString("utf8");
  made[name] = Object.fromEntries(
    Object.entries(rows).map(([row, distort]) => [row, Buffer.from(distort(text)).toString("hex")]),
  );
}
process.stdout.write(JSON.stringify(made));
