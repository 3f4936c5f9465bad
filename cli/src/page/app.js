// State, the connection to the command, and keys.

const TABS = [
  ["payload", "Payload"],
  ["raw", "Raw bytes"],
  ["headers", "Headers"],
  ["receiver", "Receiver"],
  ["compare", "Compare"],
];

const state = {
  /** Given in the address that the command prints, in the part that is never sent, and then as a header. */
  token: "",
  settings: { forward_to: null },
  deliveries: new Map(),
  fresh: new Set(),
  open: new Set(),
  filter: "all",
  search: "",
  chosen: null,
  /** Detail and body of the chosen delivery, as `{detail, body}`. */
  shown: null,
  tab: "payload",
  other: null,
};

/** A request to the command. The answer as JSON, or bytes where the path ends in `/body`. */
async function ask(path, options = {}) {
  const headers = {
    authorization: `Bearer ${state.token}`,
    ...(options.body ? { "content-type": "application/json" } : {}),
  };
  const answer = await fetch(`/api/${path}`, { ...options, headers, cache: "no-store", credentials: "omit" });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(told.error ?? `the command answered ${answer.status}`), { status: answer.status });
  }
  return path.endsWith("/body") ? new Uint8Array(await answer.arrayBuffer()) : answer.json();
}

// The connection ---------------------------------------------------------------------------------

/** Waits for news, for ever: each request is answered as soon as there are any. */
async function follow() {
  let version = 0;
  let pause = 250;
  for (;;) {
    try {
      const news = await ask(`changes?after=${version}`);
      const first = version === 0;
      version = news.version;
      pause = 250;
      connection("live", "Listening");
      if (news.listen) settle(news.listen);
      take(news, first);
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        connection("lost", "Not let in");
        if (!state.shown) notLetIn();
        return;
      }
      connection("lost", "The command has stopped");
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 4_000);
    }
  }
}

function connection(look, text) {
  const place = byId("connection");
  place.className = `connection ${look}`;
  if (place.textContent !== text) place.textContent = text;
}

function settle(settings) {
  state.settings = settings;
  fill(
    byId("route"),
    "deliveries at ",
    element("b", {}, settings.deliveries_at),
    settings.forward_to ? [" → ", element("b", {}, outside(settings.forward_to))] : ", no receiver",
  );
}

function take(news, first) {
  for (const delivery of news.deliveries) {
    if (!first && !state.deliveries.has(delivery.id)) {
      state.fresh.add(delivery.id);
      byId("news").textContent = `New delivery: ${plainText(nameOf(delivery))}, ${VERDICTS[delivery.verdict].word}`;
    }
    state.deliveries.set(delivery.id, delivery);
  }
  for (const [id, delivery] of state.deliveries) if (delivery.number < news.first) state.deliveries.delete(id);
  drawList();
  const newest = visibleRows()[0]?.delivery.id ?? null;
  if (state.chosen === null && newest) choose(newest);
  else if (state.deliveries.size === 0) drawEmpty();
  else if (news.deliveries.some((delivery) => delivery.id === state.chosen)) refresh();
}

// The list ---------------------------------------------------------------------------------------

function wanted(delivery) {
  if (state.filter === "bad" && !isFailing(delivery)) return false;
  if (state.filter === "good" && delivery.verdict !== "verified" && delivery.verdict !== "test") return false;
  return searchText(delivery).includes(state.search);
}

const visibleRows = () => listRows(state.deliveries.values(), state.open, wanted);

function drawList() {
  const all = [...state.deliveries.values()];
  byId("count-all").textContent = all.length;
  byId("count-good").textContent = all.filter(
    (delivery) => delivery.verdict === "verified" || delivery.verdict === "test",
  ).length;
  byId("count-bad").textContent = all.filter(isFailing).length;
  const rows = visibleRows();
  const list = byId("list");
  const top = list.scrollTop;
  fill(
    list,
    rows.map((row) => rowElement(row, state.chosen, state.fresh, choose, toggleGroup)),
  );
  list.scrollTop = top;
  if (rows.some((row) => row.delivery.id === state.chosen))
    list.setAttribute("aria-activedescendant", `row-${state.chosen}`);
  else list.removeAttribute("aria-activedescendant");
  byId("nothing").hidden = rows.length > 0 || all.length === 0;
  state.fresh.clear();
}

function toggleGroup(key, wantOpen = !state.open.has(key)) {
  if (wantOpen) state.open.add(key);
  else state.open.delete(key);
  drawList();
}

/** Selects the row that is so many further down. */
function move(step) {
  const rows = visibleRows();
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row.delivery.id === state.chosen);
  const next = at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step));
  choose(rows[next].delivery.id);
}

async function choose(id) {
  state.chosen = id;
  drawList();
  byId(`row-${id}`)?.scrollIntoView({ block: "nearest" });
  await show(id);
}

// The detail -------------------------------------------------------------------------------------

async function load(id) {
  const detail = await ask(`deliveries/${id}`);
  const body = detail.kept ? await ask(`deliveries/${id}/body`) : new Uint8Array();
  return { detail, body };
}

async function show(id) {
  try {
    const shown = await load(id);
    if (state.chosen !== id) return;
    state.shown = shown;
    state.other = null;
    drawDetail();
  } catch (error) {
    if (state.chosen === id) fill(byId("detail"), element("p", { class: "nothing" }, error.message));
  }
}

/** Something about the chosen delivery has changed: an answer, an explanation. Its body has not. */
async function refresh() {
  const id = state.chosen;
  const detail = await ask(`deliveries/${id}`).catch(() => null);
  if (!detail || state.chosen !== id || state.shown?.detail.id !== id) return;
  state.shown.detail = detail;
  fill(byId("about"), about(detail));
  if (state.tab === "receiver") drawPanel();
}

const about = (detail) => [...headline(detail), ...causeCard(detail), facts(detail)];

function drawDetail() {
  const { detail } = state.shown;
  const tabs = TABS.map(([name, title]) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": "panel",
        "data-tab": name,
        click: () => pickTab(name),
      },
      title,
    ),
  );
  const bar = element("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the delivery" }, tabs);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = TABS.findIndex(([name]) => name === state.tab);
    pickTab(TABS[(at + step + TABS.length) % TABS.length][0]);
    byId(`tab-${state.tab}`).focus();
  });
  fill(
    byId("detail"),
    element("div", { id: "about" }, about(detail)),
    actions(detail),
    bar,
    element("div", { class: "panel", id: "panel", role: "tabpanel", tabindex: "0" }),
  );
  byId("detail").scrollTop = 0;
  pickTab(state.tab);
}

function pickTab(name) {
  state.tab = name;
  for (const button of document.querySelectorAll("[data-tab]")) {
    const picked = button.dataset.tab === name;
    button.setAttribute("aria-selected", String(picked));
    button.tabIndex = picked ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${name}`);
  drawPanel();
}

function drawPanel() {
  const { detail, body } = state.shown;
  const views = {
    payload: () => payloadView(body, detail),
    raw: () => rawView(body),
    headers: () => headersTable(detail.headers),
    receiver: () => attemptsView(detail, state.settings),
    compare: () => compareView(),
  };
  fill(byId("panel"), views[state.tab]());
}

function payloadView(body, detail) {
  if (!detail.kept) return element("p", { class: "hint" }, "The body was too large to be kept.");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return element("div", { class: "scroll" }, payloadTree(parseJson(text)));
  } catch (error) {
    const said = error instanceof SyntaxError ? `This is not JSON: ${error.message}.` : "This is not UTF-8 text.";
    return [element("p", { class: "hint" }, said), ...rawView(body)];
  }
}

function compareView() {
  const { detail } = state.shown;
  const others = [...state.deliveries.values()]
    .filter((one) => one.id !== detail.id)
    .sort((one, other) => other.number - one.number);
  if (others.length === 0) return element("p", { class: "hint" }, "There is no other delivery yet.");
  const older = others.filter((one) => one.number < detail.number);
  const key = detail.event?.idempotency_key;
  state.other ??= (
    (key && older.find((one) => one.key === key)) ||
    older.find((one) => one.event === detail.event?.name) ||
    older[0] ||
    others[0]
  ).id;
  const option = (one) =>
    element(
      "option",
      { value: one.id, selected: one.id === state.other },
      `${clockTime(one.received_at)}  ${plainText(nameOf(one))}  ${one.id}`,
    );
  const result = element("div", { "aria-live": "polite" });
  const select = element(
    "select",
    {
      id: "compare-select",
      change: () => {
        state.other = select.value;
        compare(result);
      },
    },
    others.map(option),
  );
  compare(result);
  return [element("p", { class: "compare-with" }, element("label", { for: "compare-select" }, "with"), select), result];
}

async function compare(place) {
  const [shown, id] = [state.shown, state.other];
  try {
    const other = await load(id);
    if (state.shown !== shown || state.other !== id) return;
    fill(place, comparison(shown, other));
  } catch (error) {
    place.textContent = error.message;
  }
}

// Pages without a delivery -----------------------------------------------------------------------

function drawEmpty() {
  const { deliveries_at: at } = state.settings;
  state.shown = null;
  fill(
    byId("detail"),
    element(
      "div",
      { class: "empty" },
      element("h2", {}, "No delivery yet"),
      element(
        "p",
        {},
        "It appears here as soon as it comes, verified and explained. Point a tunnel at ",
        element("code", {}, at),
        ", or send one yourself:",
      ),
      element("pre", {}, `tink-webhooks send ${at} refresh:finished`),
      element("p", {}, "Deliveries stay on this machine, in ", element("code", {}, outside(state.settings.store)), "."),
    ),
  );
}

function notLetIn() {
  fill(
    byId("detail"),
    element(
      "div",
      { class: "empty" },
      element("h2", {}, "This page is not let in"),
      element(
        "p",
        {},
        "The command gives every start another address. Open the one that it has printed in the terminal, with all that stands behind the #.",
      ),
    ),
  );
}

// Beginning --------------------------------------------------------------------------------------

/** The token stands behind the `#`, which browsers do not send. It is taken out of the address and kept for this tab. */
function takeToken() {
  const given = /^#token=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  state.token = sessionStorage.getItem("token") ?? "";
}

function begin() {
  takeToken();
  document.addEventListener("keydown", keys);
  byId("list").addEventListener("keydown", listKeys);
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("keys-on").checked = localStorage.getItem("keys") !== "off";
  byId("keys-on").addEventListener("change", (event) =>
    localStorage.setItem("keys", event.target.checked ? "on" : "off"),
  );
  byId("search").addEventListener("input", (event) => {
    state.search = event.target.value.trim().toLowerCase();
    drawList();
  });
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      state.filter = button.dataset.filter;
      for (const one of document.querySelectorAll("[data-filter]"))
        one.setAttribute("aria-pressed", String(one === button));
      drawList();
    });
  }
  follow();
}

begin();
