// The list: deliveries in the order of their arrival, copies of one event under the newest of them.

/** What a verdict looks like, and what a screen reader says for it. */
const VERDICTS = {
  verified: { look: "good", sign: "✓", word: "verified" },
  test: { look: "good", sign: "✓", word: "test ping" },
  invalid: { look: "warn", sign: "!", word: "invalid payload" },
  refused: { look: "bad", sign: "✕", word: "refused" },
};

/** What it calls itself. The name of one that did not verify proves nothing. */
const nameOf = (delivery) => delivery.event ?? (delivery.verdict === "test" ? "test ping" : "not an event");

/** A delivery that verified, but that the receiver did not take. */
function isTroubled(delivery) {
  const answer = delivery.forward;
  return Boolean(answer && (answer.error || answer.status >= 300)) && delivery.verdict !== "refused";
}

/** A delivery that did not verify, and that the receiver took all the same. */
function isAcceptedUnproved(delivery) {
  return delivery.verdict === "refused" && delivery.forward?.status >= 200 && delivery.forward.status < 300;
}

const isFailing = (delivery) =>
  delivery.verdict === "refused" || delivery.verdict === "invalid" || isTroubled(delivery);

/** One line under the name: what came of it. */
function aboutText(delivery) {
  if (isAcceptedUnproved(delivery)) return `${delivery.cause} · but the receiver answered ${delivery.forward.status}`;
  if (delivery.cause) return delivery.cause;
  const answer = delivery.forward;
  if (!answer) return VERDICTS[delivery.verdict].word;
  if (answer.error) return `receiver: ${answer.error}`;
  const again = { replay: ", replayed", replay_signed: ", replayed signed anew" }[answer.how] ?? "";
  return `receiver answered ${answer.status} in ${answer.ms} ms${again}`;
}

/** What can be searched for. */
function searchText(delivery) {
  const parts = [
    delivery.event,
    delivery.type,
    delivery.id,
    delivery.cause,
    delivery.reason,
    delivery.user,
    delivery.external_user,
    delivery.key,
    delivery.delivery_id,
  ];
  return parts.filter(Boolean).join(" ").toLowerCase();
}

/**
 * Rows for the list, newest first. Deliveries with the same idempotency key are one group, in the place of its newest: the row of
 * that one, and if the group is open a row per older copy. Gives `{delivery, copies, copy, of}`.
 */
function listRows(deliveries, open, wanted) {
  const newestFirst = [...deliveries].sort((one, other) => other.number - one.number).filter(wanted);
  const groups = new Map();
  for (const delivery of newestFirst) {
    const key = delivery.key ?? `#${delivery.number}`;
    if (groups.has(key)) groups.get(key).push(delivery);
    else groups.set(key, [delivery]);
  }
  return [...groups.values()].flatMap((group) => {
    const [newest, ...older] = group;
    const head = { delivery: newest, copies: group.length, copy: 0, open: open.has(newest.key) };
    const rest = head.open
      ? older.map((delivery, index) => ({ delivery, copies: group.length, copy: group.length - index - 1 }))
      : [];
    return [head, ...rest];
  });
}

/** A row as an element; `chosen` is the id of the selected delivery. */
function rowElement(row, chosen, fresh, choose, toggle) {
  const { delivery, copies, copy, open } = row;
  const verdict = VERDICTS[delivery.verdict];
  const look = verdict.look === "good" && isTroubled(delivery) ? "warn" : verdict.look;
  const group = copies > 1 && copy === 0;
  return element(
    "li",
    {
      id: `row-${delivery.id}`,
      role: "option",
      class: `row ${verdict.look === "bad" ? "bad" : ""} ${copy > 0 ? "copy" : ""} ${fresh.has(delivery.id) ? "fresh" : ""}`,
      "aria-selected": String(delivery.id === chosen),
      click: () => choose(delivery.id),
    },
    element(
      "span",
      { class: `icon ${look}`, "aria-hidden": "true" },
      look === "warn" && verdict.look === "good" ? "!" : verdict.sign,
    ),
    element("span", { class: "name" }, copy > 0 ? `copy ${copy} of ${copies}` : outside(nameOf(delivery))),
    element("span", { class: "time" }, timeNode(delivery.received_at)),
    element(
      "span",
      { class: "about" },
      element("span", { class: "unseen" }, `${verdict.word}, `),
      outside(aboutText(delivery)),
    ),
    group &&
      element(
        "span",
        {
          class: "copies",
          title: open ? "Hide the copies (←)" : "Show the copies (→)",
          click: (event) => {
            event.stopPropagation();
            toggle(delivery.key);
          },
        },
        `${open ? "▾" : "▸"} ${copies}×`,
        element("span", { class: "unseen" }, ` the same event came ${copies} times, ${open ? "shown" : "hidden"}`),
      ),
  );
}
