// What can be done with the chosen delivery.

function actions(detail) {
  const { forward_to: receiver } = state.settings;
  const ready = Boolean(receiver) && detail.kept;
  const anew = element(
    "button",
    {
      type: "button",
      id: "replay-signed",
      disabled: !(ready && detail.can_sign),
      class: detail.can_sign ? "primary" : "",
      click: () => replay(true),
    },
    "Replay signed anew",
    detail.can_sign && [" ", element("kbd", {}, "r")],
  );
  const asItWas = element(
    "button",
    {
      type: "button",
      id: "replay",
      disabled: !ready,
      class: detail.can_sign ? "" : "primary",
      click: () => replay(false),
    },
    "Replay as it was",
    !detail.can_sign && [" ", element("kbd", {}, "r")],
  );
  const copies = [
    ["curl", "curl"],
    ["pytest", "pytest"],
    ["node", "node:test"],
    ["go", "Go test"],
  ].map(([form, title]) =>
    element(
      "button",
      { type: "button", "data-copy": form, disabled: !detail.kept, click: () => copyAs(form) },
      title,
      form === "curl" && [" ", element("kbd", {}, "c")],
    ),
  );
  const hints = [];
  if (!detail.can_sign && detail.kept)
    hints.push("It did not verify when it came, so this page signs nothing for it: a stranger may have written it.");
  if (!receiver) hints.push("Replay needs a receiver: start with --forward-to URL.");
  return [
    element(
      "div",
      { class: "actions" },
      detail.can_sign ? [anew, asItWas] : [asItWas, anew],
      element(
        "span",
        { class: "copying", role: "group", "aria-labelledby": "copy-label" },
        element("span", { class: "label", id: "copy-label" }, "Copy as"),
        copies,
      ),
    ),
    hints.length > 0 && element("p", { class: "hint" }, hints.join(" ")),
  ];
}

async function replay(sign) {
  const id = state.chosen;
  try {
    const attempt = await ask(`deliveries/${id}/replay`, { method: "POST", body: JSON.stringify({ sign }) });
    toast(
      attempt.error ? `Not answered: ${attempt.error}` : `The receiver answered ${attempt.status} in ${attempt.ms} ms`,
    );
    if (state.chosen === id && state.shown) pickTab("receiver");
  } catch (error) {
    toast(error.message);
  }
}

async function copyAs(form) {
  try {
    const { text, note } = await ask(`deliveries/${state.chosen}/copy/${form}`);
    try {
      await navigator.clipboard.writeText(text);
      toast(`Copied. ${note}`);
    } catch {
      // Browsers that do not let pages write there: the text is shown, selected.
      byId("copy-note").textContent = note;
      byId("copy-text").value = text;
      byId("copy").showModal();
      byId("copy-text").select();
    }
  } catch (error) {
    toast(error.message);
  }
}

let toastEnds;
function toast(text) {
  const place = byId("toast");
  fill(place, outside(text));
  place.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => {
    place.hidden = true;
  }, 6_000);
}
