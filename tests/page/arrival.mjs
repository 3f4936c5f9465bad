// How long until a delivery is seen in the inspector page: `node tests/page/arrival.mjs [COUNT]`, after `make test-page`.
// Prints the median and the worst of so many that `tink-webhooks send` sends, and of as many that curl sends: from the
// start of the sending program until Chromium has drawn the row. It asserts nothing: time is that of the machine.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { COMMAND, ENVIRONMENT, findChromium, sign, startBrowser, startListening } from "./listening.mjs";

const run = promisify(execFile);
const count = Number(process.argv[2] ?? 50);
const executable = findChromium();
if (!executable) throw new Error("Chromium is not installed");

const url = (listening) => `${listening.deliveries}/webhooks/tink`;
const sent = (listening) => run(COMMAND, ["send", url(listening), "payment:updated"], { env: ENVIRONMENT });
function curled(listening, index) {
  const body = `{"event":"payment:updated","content":{"id":"p${index}","updated":1767225600000,"amount":23.00}}`;
  const headers = ["content-type: application/json", `x-tink-signature: ${sign(body)}`];
  const options = ["--silent", "--fail", ...headers.flatMap((header) => ["--header", header]), "--data-binary", body];
  return run("curl", [...options, url(listening)]);
}

/** Milliseconds from the start of a sending program until the row is drawn, and until the program has its answer. */
async function measure(page, send) {
  await page.evaluate(() => {
    const list = document.querySelector("#list");
    const before = list.querySelectorAll(".row").length;
    window.drawn = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (list.querySelectorAll(".row").length === before) return;
        observer.disconnect();
        // The first call comes before the row is drawn, the second one after it.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(Date.now())));
      });
      observer.observe(list, { childList: true, subtree: true });
    });
  });
  const started = Date.now();
  await send();
  const answered = Date.now();
  return { drawn: (await page.evaluate(() => window.drawn)) - started, answered: answered - started };
}

const show = (values) => {
  const sorted = values.toSorted((one, other) => one - other);
  return `median ${sorted[Math.floor(sorted.length / 2)]} ms, worst ${sorted.at(-1)} ms`;
};

const browser = await startBrowser(executable);
const listening = await startListening();
try {
  const page = await browser.newPage();
  await page.goto(listening.page);
  await page.getByText("Listening", { exact: true }).waitFor();
  for (const [name, send] of Object.entries({ sent, curled })) {
    await measure(page, () => send(listening, `${name}-first`)); // the first one is not counted: the page is not warm
    const times = [];
    for (let index = 0; index < count; index += 1) {
      times.push(await measure(page, () => send(listening, index)));
    }
    const drawn = show(times.map((time) => time.drawn));
    console.log(`${name}: ${count} rows drawn: ${drawn}; answered: ${show(times.map((time) => time.answered))}`);
  }
} finally {
  await browser.close();
  await listening.stop();
}
