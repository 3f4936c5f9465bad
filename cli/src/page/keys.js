// Keys: those of the list where it has the focus, and single ones everywhere but where one writes.

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  c: () => state.shown && press('[data-copy="curl"]'),
  r: () => state.shown && press(state.shown.detail.can_sign ? "#replay-signed" : "#replay"),
  d: () => {
    if (!state.shown) return;
    pickTab("compare");
    byId("tab-compare").focus();
  },
  "/": () => byId("search").focus(),
  "?": () => byId("help").showModal(),
};

function press(selector) {
  const button = document.querySelector(selector);
  if (button?.disabled)
    toast(
      state.settings.forward_to
        ? "That cannot be done with this delivery."
        : "Replay needs a receiver: start with --forward-to URL.",
    );
  else button?.click();
}

function listKeys(event) {
  const chosen = state.deliveries.get(state.chosen);
  const acts = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Home: () => move(-Infinity),
    End: () => move(Infinity),
    ArrowRight: () => chosen?.key && toggleGroup(chosen.key, true),
    ArrowLeft: () => chosen?.key && toggleGroup(chosen.key, false),
    Enter: () => byId("detail").focus(),
  };
  if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  acts[event.key]();
}

function keys(event) {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (event.key === "Escape" && event.target === byId("search")) byId("list").focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !byId("keys-on").checked || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}
