// Whatever came from outside enters the page as a text node here, never as markup.

/** The element of the page with this id. */
const byId = (id) => document.getElementById(id);

/**
 * An element with properties and children. Functions are listeners (`{click: …}`); every other
 * property is an attribute, which true and false set and leave out. Strings and numbers become text nodes.
 */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...childrenOf(children));
  return made;
}

/** Nested lists of children as one, without those that are left out. */
function childrenOf(children) {
  return children.flat(9).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Puts these children in the place of those that an element has. */
function fill(place, ...children) {
  place.replaceChildren(...childrenOf(children));
}

/** Pieces of `visiblePieces` as nodes. */
function pieceNodes(pieces, { breakLines = false } = {}) {
  return pieces.flatMap((piece) => {
    if (piece.kind === "text") return [document.createTextNode(piece.text)];
    const node = element("span", { class: piece.kind === "bad" ? "badbyte" : "mark", title: piece.title }, piece.text);
    return breakLines && piece.newline ? [node, document.createTextNode("\n")] : [node];
  });
}

/** Text from outside: every character is seen, and directions of writing stay inside. */
function outside(text) {
  return element("bdi", {}, pieceNodes(visibleText(String(text))));
}

/** The same where only plain text can stand. */
function plainText(text) {
  return visibleText(text)
    .map((piece) => piece.text)
    .join("");
}

/** What the command sends as one character a byte, as the bytes. */
function latin1Bytes(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Bytes that are most likely text, such as a header's value. */
function outsideBytes(text) {
  return element("bdi", {}, pieceNodes(visiblePieces(latin1Bytes(text))));
}

/** The time of the day, local. */
function clockTime(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

/** A `<time>` with the day and the zone as its title. */
function timeNode(milliseconds) {
  const moment = new Date(milliseconds);
  return element(
    "time",
    { datetime: moment.toISOString(), title: moment.toLocaleString([], { timeZoneName: "short" }) },
    clockTime(milliseconds),
  );
}

/** A size for people, and exact below 10 kB. */
function sizeText(bytes) {
  if (bytes < 10_000) return bytes === 1 ? "1 byte" : `${bytes.toLocaleString("en")} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/** Seconds for people: 42 s, 7 min, 3 h, 2 days. */
function spanText(seconds) {
  const size = Math.abs(seconds);
  if (size < 120) return `${size} s`;
  if (size < 7_200) return `${Math.round(size / 60)} min`;
  return size < 172_800 ? `${Math.round(size / 3_600)} h` : `${Math.round(size / 86_400)} days`;
}
