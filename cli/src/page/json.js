// JSON read without loss: numbers stay as they are written (`23.00`), keys keep their order, and second copies of a key
// are shown. `JSON.parse` would hide just what makes a signature fail.

/** Deeper than any event that is accepted; beyond it a payload is shown as bytes only. */
const MAX_DEPTH = 200;

/**
 * Reads a text as JSON. A node is `{kind, text}` for strings, numbers and literals, where `text` is as it was written
 * (strings also have their `value`); `{kind: "array", items}`; or `{kind: "object", entries}` with entries
 * `{key, text, value, again}`. Throws a SyntaxError that says where.
 */
function parseJson(text) {
  let at = 0;
  const fail = (what) => {
    throw new SyntaxError(`${what} at character ${at + 1}`);
  };
  const token = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found?.[0];
  };
  const space = () => token(/[ \t\n\r]*/y);
  const string = () => {
    const raw = token(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    return raw === undefined ? fail("no string") : { kind: "string", text: raw, value: JSON.parse(raw) };
  };
  // Reads what is between two brackets, separated by commas.
  const list = (end, depth, item) => {
    const items = [];
    at += 1;
    for (space(); text[at] !== end; space()) {
      if (items.length > 0) {
        if (text[at] !== ",") fail(`neither a comma nor ${end}`);
        at += 1;
        space();
      }
      items.push(item(depth + 1));
    }
    at += 1;
    return items;
  };
  const entry = (depth) => {
    const key = string();
    space();
    if (text[at] !== ":") fail("no colon after a key");
    at += 1;
    return { key: key.value, text: key.text, value: value(depth), again: false };
  };
  const value = (depth) => {
    if (depth > MAX_DEPTH) fail(`nested beyond ${MAX_DEPTH} levels`);
    space();
    if (text[at] === '"') return string();
    if (text[at] === "[") return { kind: "array", items: list("]", depth, value) };
    if (text[at] === "{") {
      const entries = list("}", depth, entry);
      const seen = new Set();
      for (const one of entries) {
        one.again = seen.has(one.key);
        seen.add(one.key);
      }
      return { kind: "object", entries };
    }
    const number = token(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (number) return { kind: "number", text: number };
    const literal = token(/true|false|null/y);
    return literal ? { kind: "literal", text: literal } : fail("no value");
  };
  const node = value(1);
  space();
  if (at < text.length) fail("more text after the end");
  return node;
}

/** One line per value, as a person would write it, every value as it came: what two payloads are compared by. */
function prettyLines(node) {
  const lines = [];
  const write = (node, indent, before, after) => {
    const [open, close, parts] =
      node.kind === "object" ? ["{", "}", node.entries] : node.kind === "array" ? ["[", "]", node.items] : [];
    if (!parts) lines.push(`${indent}${before}${node.text}${after}`);
    else if (parts.length === 0) lines.push(`${indent}${before}${open}${close}${after}`);
    else {
      lines.push(`${indent}${before}${open}`);
      parts.forEach((part, index) => {
        const comma = index + 1 < parts.length ? "," : "";
        if (node.kind === "object") write(part.value, `${indent}  `, `${part.text}: `, comma);
        else write(part, `${indent}  `, "", comma);
      });
      lines.push(`${indent}${close}${after}`);
    }
  };
  write(node, "", "", "");
  return lines;
}
