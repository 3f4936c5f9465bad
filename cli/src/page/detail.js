// One delivery: what it is, why it failed, and what can be done with it.

const HOW = { forward: "forwarded", replay: "replayed as it was", replay_signed: "replayed, signed anew" };
const NEXT = {
  done: "Tink is done with it.",
  retries: "Tink delivers it again, up to three times.",
  never_again: "Tink never delivers it again.",
};

/** Name, verdict, and when and how it came. */
function headline(detail) {
  const verdict = VERDICTS[detail.verdict];
  return [
    element(
      "h2",
      {},
      outside(nameOf({ event: detail.event?.name ?? null, verdict: detail.verdict })),
      element(
        "span",
        { class: `pill ${verdict.look}` },
        element("span", { "aria-hidden": "true" }, `${verdict.sign} `),
        verdict.word,
      ),
    ),
    element(
      "p",
      { class: "subline" },
      "received ",
      timeNode(detail.received_at),
      ` · ${sizeText(detail.bytes)} · POST `,
      outside(detail.target),
      " · ",
      element("code", {}, detail.id),
    ),
  ];
}

/** Why it failed, what proves it, and what to change; or what is odd about how the receiver took it. */
function causeCard(detail) {
  const cards = [];
  const { problem, explanation } = detail;
  const row = (name, text) => text && [element("dt", {}, name), element("dd", {}, text)];
  if (problem && problem.kind !== "test_webhook") {
    const known = explanation && explanation.cause !== "verifies";
    cards.push(
      element(
        "div",
        { class: `card ${detail.verdict === "refused" ? "bad" : "warn"}`, id: "cause" },
        element("h3", {}, known ? explanation.what : problem.message),
        element(
          "dl",
          {},
          row("Reason", `${problem.reason} (${problem.status})`),
          known &&
            row(
              "Certainty",
              explanation.proved
                ? "proved: with this undone, the signature verifies"
                : "likely; it cannot be proved from what came",
            ),
          known && row("Where", explanation.where),
          problem.age !== null &&
            row("Age", `${spanText(problem.age)} ${problem.age < 0 ? "in the future" : "old"} when it came`),
          !known && row("Hint", problem.hint),
          known && explanation.changed && changedBytes(explanation.changed),
          known && fixRow(explanation.fix),
        ),
        detail.explaining && element("p", { class: "hint" }, "Looking for the cause…"),
      ),
    );
  }
  if (
    isAcceptedUnproved({
      verdict: detail.verdict,
      forward: detail.attempts.find((attempt) => attempt.how === "forward") ?? null,
    })
  ) {
    const status = detail.attempts.find((attempt) => attempt.how === "forward").status;
    cards.push(
      element(
        "div",
        { class: "card warn", id: "accepted" },
        element("h3", {}, `The receiver answered ${status} to a delivery that does not verify`),
        element(
          "p",
          {},
          "Either it does not verify signatures, or it has another secret or tolerance than this command.",
        ),
      ),
    );
  }
  return cards;
}

/** The lines to change; of many frameworks only when they are asked for. */
function fixRow(fix) {
  const lines = fix.split("\n");
  const code = element("div", { class: "code" }, fix);
  const summary = element("summary", {}, "the line to change, in each framework");
  return [element("dt", {}, "Fix"), element("dd", {}, lines.length > 5 ? element("details", {}, summary, code) : code)];
}

const codeRow = (...children) => element("dd", {}, element("div", { class: "code" }, children));

/** Where the bytes that were signed and those that came part. */
function changedBytes(changed) {
  const excerpt = (text) => codeRow(changed.at > changed.before ? "…" : "", outsideBytes(text), "…");
  return [
    element("dt", {}, "From byte"),
    element("dd", {}, changed.at + 1),
    element("dt", {}, "Signed"),
    excerpt(changed.signed),
    element("dt", {}, "Came"),
    excerpt(changed.came),
  ];
}

/** What was proved, and what the event says of itself. */
function facts(detail) {
  const { verification, event } = detail;
  const fact = (name, value) =>
    value !== null && value !== undefined && element("div", {}, element("dt", {}, name), element("dd", {}, value));
  const signed = verification?.signed_at;
  const age = signed === null || signed === undefined ? null : Math.floor(detail.received_at / 1000) - signed;
  const answer = detail.attempts[detail.attempts.length - 1];
  return element(
    "dl",
    { class: "facts" },
    fact("Answered", detail.answered),
    fact(
      "Receiver",
      answer && (answer.error ? outside(answer.error) : `${answer.status} in ${answer.ms} ms, ${HOW[answer.how]}`),
    ),
    age !== null &&
      fact("Signed", age === 0 ? "the second it came" : `${spanText(age)} ${age < 0 ? "after" : "before"} it came`),
    fact("Scheme", verification?.scheme),
    fact(
      "Secret",
      verification && (verification.secret_index === 0 ? "the first" : `number ${verification.secret_index + 1}`),
    ),
    fact("User", event?.user_id && outside(event.user_id)),
    fact("External user", event?.external_user_id && outside(event.external_user_id)),
    fact("Event time", event && new Date(event.timestamp).toISOString()),
    fact("Idempotency key", event?.idempotency_key),
    fact("Delivery id", verification?.delivery_id),
  );
}

/** The headers as they came. */
function headersTable(headers) {
  if (headers.length === 0) return element("p", { class: "hint" }, "No headers.");
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      {},
      element(
        "tbody",
        {},
        headers.map(([name, value]) =>
          element(
            "tr",
            { class: name === "x-tink-signature" ? "signature" : "" },
            element("th", { scope: "row" }, outside(name)),
            element("td", { class: "mono" }, outsideBytes(value)),
          ),
        ),
      ),
    ),
  );
}

/** What the receiver answered each time. */
function attemptsView(detail, settings) {
  if (detail.attempts.length === 0) {
    return element(
      "p",
      { class: "hint" },
      settings.forward_to
        ? "It has not been sent to the receiver."
        : "There is no receiver: start with --forward-to URL, and deliveries are passed on, byte for byte.",
    );
  }
  return [...detail.attempts]
    .reverse()
    .map((attempt) =>
      element(
        "div",
        { class: `card ${attempt.error || attempt.status >= 300 ? "warn" : ""}` },
        element("h3", {}, attempt.error ? outside(attempt.error) : `${attempt.status} in ${attempt.ms} ms`),
        element(
          "p",
          { class: "subline" },
          `${HOW[attempt.how]} at `,
          timeNode(attempt.at),
          ` to ${attempt.url}. ${NEXT[attempt.next] ?? ""}`,
        ),
        attempt.error === null && [
          element(
            "div",
            { class: "scroll" },
            element(
              "pre",
              {},
              attempt.body ? pieceNodes(visiblePieces(latin1Bytes(attempt.body)), { breakLines: true }) : "(no body)",
            ),
          ),
          attempt.body_bytes > attempt.body.length &&
            element(
              "p",
              { class: "hint" },
              `The first ${sizeText(attempt.body.length)} of ${sizeText(attempt.body_bytes)}.`,
            ),
          element("details", {}, element("summary", {}, "Headers of the answer"), headersTable(attempt.headers)),
        ],
      ),
    );
}

/** The difference of two deliveries, in words first. */
function comparison(one, other) {
  const [before, after] = [other.body, one.body];
  const at = firstDifference(before, after);
  const parsed = [before, after].map((bytes) => {
    try {
      return prettyLines(parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)));
    } catch {
      return null;
    }
  });
  const readable = parsed[0] !== null && parsed[1] !== null;
  const lines = readable ? diffLines(parsed[0], parsed[1]) : [];
  const changed = lines.filter((line) => line.op !== "same").length;
  const words =
    at < 0
      ? "The bodies are the same, byte for byte."
      : readable && changed === 0
        ? `The same values in other bytes: they part at byte ${at + 1}. A signature of one does not fit the other.`
        : `The bodies part at byte ${at + 1}${readable ? `: ${changed} lines differ when written out` : ""}.`;
  return [
    element("p", { id: "compare-words" }, words),
    at >= 0 && (!readable || changed === 0) && around(before, after, at),
    changed > 0 && element("div", { class: "scroll" }, element("div", { class: "diff" }, diffRows(lines))),
    headerDifferences(other.detail.headers, one.detail.headers),
  ];
}

function around(before, after, at) {
  const from = Math.max(0, at - 24);
  const excerpt = (bytes) =>
    codeRow(
      from > 0 ? "…" : "",
      pieceNodes(visiblePieces(bytes.subarray(from, at + 40))),
      at + 40 < bytes.length ? "…" : "",
    );
  return element(
    "div",
    { class: "card" },
    element("dl", {}, element("dt", {}, "The other"), excerpt(before), element("dt", {}, "This one"), excerpt(after)),
  );
}

/** Lines of a diff, three of the same around each change. */
function diffRows(lines) {
  const near = new Set();
  lines.forEach((line, index) => {
    if (line.op !== "same") for (let at = index - 3; at <= index + 3; at++) near.add(at);
  });
  const rows = [];
  let hidden = 0;
  lines.forEach((line, index) => {
    if (!near.has(index)) {
      hidden++;
      return;
    }
    if (hidden > 0) rows.push(gap(hidden));
    hidden = 0;
    const [sign, said] = { same: [" ", ""], removed: ["−", "only in the other: "], added: ["+", "only in this one: "] }[
      line.op
    ];
    rows.push(
      element(
        "div",
        { class: line.op },
        element("span", { "aria-hidden": "true" }, sign),
        element("span", {}, said && element("span", { class: "unseen" }, said), outside(line.text)),
      ),
    );
  });
  if (hidden > 0) rows.push(gap(hidden));
  return rows;
}

const gap = (lines) =>
  element("p", { class: "gap" }, lines === 1 ? "1 line that is the same" : `${lines} lines that are the same`);

function headerDifferences(before, after) {
  const line = ([name, value]) => `${name}: ${value}`;
  const lines = diffLines(before.map(line).sort(), after.map(line).sort()).filter((one) => one.op !== "same");
  if (lines.length === 0) return element("p", { class: "hint" }, "The headers are the same.");
  return [
    element("h3", { class: "hint" }, "Headers that differ"),
    element(
      "div",
      { class: "scroll" },
      element(
        "div",
        { class: "diff" },
        lines.map((one) =>
          element(
            "div",
            { class: one.op },
            element("span", { "aria-hidden": "true" }, one.op === "removed" ? "−" : "+"),
            element(
              "span",
              {},
              element("span", { class: "unseen" }, one.op === "removed" ? "only in the other: " : "only in this one: "),
              outsideBytes(one.text),
            ),
          ),
        ),
      ),
    ),
  ];
}
