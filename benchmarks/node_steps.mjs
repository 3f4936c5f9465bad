// The time of each step of a delivery in Node, beside a native call that does nothing.
//
// `make bench` runs it; `node benchmarks/node_steps.mjs 10000` takes a body of about that many bytes. All steps are timed
// in turns, so that a disturbance of the machine affects all of them; the numbers are medians in nanoseconds per call.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { arch, cpus } from "node:os";

const require = createRequire(import.meta.url);
const { generateSignature, WebhookHandler } = require("../bindings-node");
const { fill, Given } = require("../bindings-node/dist/frame.js");
const { native } = require("../bindings-node/dist/native.js");

const ROUNDS = 25;
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
const size = Number(process.argv[2] ?? 350);
const payload = {
  context: { userId: "5f0c2a9be1d84f7ea0b6c3d2918e7a40", externalUserId: "customer-1001" },
  content: {
    credentialsId: "0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c",
    credentialsStatus: "UPDATED",
    finished: 1767225600123,
    source: "OPERATION_SOURCE_BACKGROUND",
    sessionExpiryDate: 1774915200000,
  },
  event: "refresh:finished",
};
const padding = size - JSON.stringify({ ...payload, padding: "" }).length;
const body = Buffer.from(JSON.stringify(padding > 0 ? { ...payload, padding: "x".repeat(padding) } : payload));
const signature = generateSignature(body, SECRET);

const hooks = new WebhookHandler({ secret: SECRET, schemes: ["v1"], maxBodyBytes: 2 ** 30 });
const dispatching = new WebhookHandler({ secret: SECRET, schemes: ["v1"], maxBodyBytes: 2 ** 30 });
dispatching.on("refresh:finished", () => {});
const state = native.create();
state.configure({ secret: Buffer.from(SECRET), windowOff: false, maxBodyBytes: 2 ** 30 });
const given = new Given(body, signature);
const filled = fill(given, Number.POSITIVE_INFINITY, true);
filled.clockSays(Date.now());
const { bytes: frame } = filled;
const noFrame = Buffer.alloc(8);

function crypto() {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature);
  const mac = createHmac("sha256", SECRET).update(`${t}.`).update(body).digest();
  if (!timingSafeEqual(mac, Buffer.from(v1, "hex"))) throw new Error("mismatch");
}

const steps = {
  "a JavaScript function that does nothing": () => {},
  "a native call without arguments": () => state.maxBodyBytes(),
  "a native call with a buffer that does nothing": () => state.construct(noFrame, undefined),
  "body and header into a frame": () => fill(new Given(body, signature), 2 ** 30, false),
  "the native call of verifySignature": () => state.verify(frame, given.outside),
  "the native call of constructEvent": () => state.construct(frame, given.outside),
  verifySignature: () => hooks.verifySignature(body, signature),
  constructEvent: () => hooks.constructEvent(body, signature),
  "constructEvent, reading type": () => hooks.constructEvent(body, signature).type,
  "constructEvent, reading data": () => hooks.constructEvent(body, signature).data,
  "await handleWebhook with one handler": () => dispatching.handleWebhook(body, signature),
  "createHmac + timingSafeEqual": crypto,
  "createHmac + timingSafeEqual + JSON.parse": () => {
    crypto();
    return JSON.parse(body);
  },
};

/** Nanoseconds per call, over this many calls. */
async function time(step, calls) {
  const begin = process.hrtime.bigint();
  if (step === steps["await handleWebhook with one handler"]) {
    for (let call = 0; call < calls; call += 1) await step();
  } else {
    for (let call = 0; call < calls; call += 1) step();
  }
  return Number(process.hrtime.bigint() - begin) / calls;
}

const calls = Math.max(50, Math.floor(2_000_000 / (body.length + 500)));
const taken = new Map(Object.keys(steps).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${ROUNDS} `);
  for (const [name, step] of Object.entries(steps)) {
    const each = await time(step, calls);
    if (round >= 5) taken.get(name).push(each); // the first rounds are for the compiler
  }
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

console.log(`body of ${body.length} bytes, ${ROUNDS - 5} rounds of ${calls} calls, nanoseconds per call`);
console.log(`Node ${process.versions.node}, ${process.platform}-${arch()}, ${cpus().length} x ${cpus()[0].model}\n`);
console.log(`${"step".padEnd(46)}${"median".padStart(9)}${"from".padStart(9)}${"to".padStart(9)}`);
for (const [name, times] of taken) {
  times.sort((a, b) => a - b);
  const shown = [times[times.length >> 1], times[times.length >> 2], times[(times.length * 3) >> 2]];
  console.log(`${name.padEnd(46)}${shown.map((value) => value.toFixed(0).padStart(9)).join("")}`);
}
console.log("\nfrom, to: the quartiles");
