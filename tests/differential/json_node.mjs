// V8's JSON.parse: a body in hex per line; answers as json_python.py does.

import { createInterface } from "node:readline";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const view = new DataView(new ArrayBuffer(8));

function units(text) {
  return `s${Buffer.from(text, "utf16le").swap16().toString("hex")}.`;
}

function canonical(value) {
  switch (typeof value) {
    case "boolean":
      return value ? "t" : "f";
    case "number":
      view.setFloat64(0, value + 0);
      return `n${view.getBigUint64(0).toString(16).padStart(16, "0")}`;
    case "string":
      return units(value);
  }
  if (value === null) return "z";
  if (Array.isArray(value)) return `[${value.map(canonical).join("")}]`;
  const members = Object.keys(value).map((key) => [units(key), canonical(value[key])]);
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.flat().join("")}}`;
}

function answer(body) {
  try {
    return canonical(JSON.parse(decoder.decode(body)));
  } catch (error) {
    return `!${error.name}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${answer(Buffer.from(line, "hex"))}\n`);
}
