// `node --expose-gc soak.mjs [MODULE] COUNT`: COUNT deliveries in Node, through another module in place of the package;
// prints `DONE RESIDENT_KIB` at intervals. As soak.rs.
import { setImmediate as turn } from "node:timers/promises";
import testing from "../../bindings-node/dist/testing.js";

const SECRETS = ["67abc1e08fb64c92b450a13e0876330b", "5a1d9c3e7b2f48069e0c4d8b6a3f1e27"];
const SAMPLES = 50;
const ANEW = 5_000;

const count = Number(process.argv.at(-1));
const { generateSignature, WebhookHandler } = await import(
  process.argv.length > 3 ? process.argv[2] : "../../bindings-node/index.mjs"
);
const v1 = (body, secret = SECRETS[0], timestamp) => generateSignature(body, secret, { timestamp });
const payment = testing.signedDelivery("payment:updated", { secret: SECRETS[0] }).body;
const failing = testing.signedDelivery("account:updated", { secret: SECRETS[0] }).body;
const escaped = '{"event":"a\\u003ab","context":{"userId":"u\\u00e41"},"content":{"x":[1,2,{"y":null}]}}';
const large = JSON.stringify({ event: "payment:updated", content: { amount: 1, padding: "x".repeat(10_000) } });
const deliveries = [
  [payment, v1(payment), "ok"],
  [payment, v1(payment, SECRETS[1]), "ok"],
  [payment, generateSignature(payment, SECRETS[0], { scheme: "body" }), "ok"],
  [escaped, v1(escaped), "ok"],
  [large, v1(large), "ok"],
  [failing, v1(failing), "handler_failed"],
  [payment, v1("another"), "signature_mismatch"],
  [payment, v1(payment, SECRETS[0], 1), "timestamp_too_old"],
  [payment, "t=1,v1=", "malformed_signature"],
  ["{", v1("{"), "invalid_json"],
  ['{"event":"test"}', v1('{"event":"test"}'), "test_webhook"],
].map(([body, signature, ends]) => [Buffer.from(body), signature, ends]);

let ran = 0;
function register(hooks) {
  hooks.on("*", async (event) => {
    ran += event.data === null ? 0 : 1;
  });
  hooks.on("account:updated", () => {
    throw new Error("the database is away");
  });
  return hooks;
}
const made = () => register(new WebhookHandler({ secret: SECRETS, tolerance: 1_000_000 }));

let hooks = made();
let expected = 0;
for (let done = 1; done <= count; done += 1) {
  const [body, signature, ends] = deliveries[(done - 1) % deliveries.length];
  let ended = "ok";
  try {
    await hooks.handleWebhook(body, signature);
  } catch (error) {
    ended = error.reason;
  }
  if (ended !== ends) throw new Error(`delivery ${done} ended in ${ended}, not in ${ends}`);
  if (ends === "ok" || ends === "handler_failed") expected += 1;
  if (done % (10 * ANEW) === 0) {
    hooks = made();
  } else if (done % ANEW === 0) {
    hooks.unregisterHandlers("*");
    hooks.unregisterHandlers("account:updated");
    register(hooks);
  }
  if (done % Math.max(1, Math.floor(count / SAMPLES)) === 0) {
    // Collect all garbage; finalizers run between turns of the event loop.
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc();
      await turn();
    }
    console.log(`${done} ${Math.round(process.memoryUsage().rss / 1024)}`);
  }
}
if (ran !== expected) throw new Error(`${ran} handlers ran, not ${expected}`);
