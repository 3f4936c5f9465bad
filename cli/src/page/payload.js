// The payload as a tree, and the raw bytes.

/** How many parts of an object or array are made at once; the rest on demand. */
const TREE_PARTS = 200;
/** How many bytes of a body are shown at once. */
const RAW_BYTES = 65_536;

/** A tree of lists and `<details>`, which keyboards and screen readers know. Parts are made when they are opened. */
function payloadTree(node) {
  return element("ul", { class: "tree" }, treeItem(node, null, 0));
}

function treeItem(node, entry, depth) {
  const label = entry && [
    element("span", { class: "key" }, entry.text === undefined ? String(entry.index) : outside(entry.text)),
    ": ",
    entry.again && element("span", { class: "again" }, "second copy of this key "),
  ];
  const parts = node.kind === "object" ? node.entries : node.kind === "array" ? node.items : null;
  if (!parts) {
    return element(
      "li",
      {},
      element(
        "span",
        { class: "plain" },
        label,
        element("span", { class: node.kind }, outside(node.text)),
        timeNote(node, entry),
      ),
    );
  }
  const [open, close] = node.kind === "object" ? ["{", "}"] : ["[", "]"];
  if (parts.length === 0) return element("li", {}, element("span", { class: "plain" }, label, open + close));
  const count = `${parts.length} ${node.kind === "object" ? (parts.length === 1 ? "field" : "fields") : parts.length === 1 ? "element" : "elements"}`;
  const list = element("ul");
  const summary = element("summary", {}, label, open, " ", element("span", { class: "note" }, count), " ", close);
  const details = element("details", {}, summary, list);
  details.addEventListener("toggle", () => details.open && !list.firstChild && fillTree(list, node, depth));
  if (depth < 4 && parts.length <= 40) {
    fillTree(list, node, depth);
    details.open = true;
  }
  return element("li", {}, details);
}

function fillTree(list, node, depth, from = 0) {
  const parts = node.kind === "object" ? node.entries : node.items;
  for (const [index, part] of parts.slice(from, from + TREE_PARTS).entries()) {
    list.append(
      node.kind === "object"
        ? treeItem(part.value, part, depth + 1)
        : treeItem(part, { index: from + index }, depth + 1),
    );
  }
  const left = parts.length - from - TREE_PARTS;
  if (left > 0) {
    const more = element(
      "button",
      {
        type: "button",
        click: () => {
          more.parentElement.remove();
          fillTree(list, node, depth, from + TREE_PARTS);
        },
      },
      `${left} more`,
    );
    list.append(element("li", {}, more));
  }
}

/** Numbers that are epoch milliseconds of our time, as a date beside them. */
function timeNote(node, entry) {
  if (node.kind !== "number" || !/^1[0-9]{12}$/.test(node.text) || entry === null) return null;
  return element("span", { class: "note" }, `  ${new Date(Number(node.text)).toISOString()}`);
}

/** The raw bytes: as text with every invisible character shown, or as a hex dump. */
function rawView(bytes) {
  const box = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Raw bytes" });
  const note = element("p", { class: "hint" });
  let shown = RAW_BYTES;
  let form = "text";
  const draw = () => {
    const part = bytes.subarray(0, shown);
    if (form === "text") {
      const pieces = visiblePieces(part);
      fill(box, element("pre", {}, element("bdi", {}, pieceNodes(pieces, { breakLines: true }))));
      note.textContent = rawSummary(bytes, pieces);
    } else {
      const rows = hexRows(part).flatMap((row) => [
        element("span", { class: "offset" }, row.offset),
        `  ${row.hex.padEnd(49)}  ${row.text}\n`,
      ]);
      fill(box, element("pre", { class: "hex" }, rows));
    }
    if (bytes.length > shown) {
      box.append(
        element(
          "button",
          {
            type: "button",
            click: () => {
              shown += RAW_BYTES * 4;
              draw();
            },
          },
          `Show more: ${sizeText(bytes.length - shown)} left`,
        ),
      );
    }
  };
  const buttons = ["text", "hex"].map((name) =>
    element(
      "button",
      {
        type: "button",
        "aria-pressed": String(name === form),
        click: () => {
          form = name;
          for (const button of buttons)
            button.setAttribute("aria-pressed", String(button.textContent.toLowerCase() === name));
          draw();
        },
      },
      name === "text" ? "Text" : "Hex",
    ),
  );
  draw();
  return [element("div", { class: "filters", role: "group", "aria-label": "How bytes are shown" }, buttons), box, note];
}

/** What one would otherwise miss: how the body ends, and how much in it cannot be seen. */
function rawSummary(bytes, pieces) {
  if (bytes.length === 0) return "The body is empty.";
  const marks = pieces.filter((piece) => piece.kind === "mark").length;
  const bad = pieces.filter((piece) => piece.kind === "bad").length;
  const said = [`${sizeText(bytes.length)}.`];
  if (bytes[bytes.length - 1] === 0x0a) said.push("It ends with a line feed.");
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) said.push("It begins with a byte order mark.");
  said.push(
    marks === 0
      ? "No invisible characters."
      : `${marks} invisible ${marks === 1 ? "character" : "characters"}, marked.`,
  );
  if (bad > 0) said.push(`${bad} ${bad === 1 ? "byte is" : "bytes are"} not UTF-8.`);
  return said.join(" ");
}
