// What must never happen: another kind of error, a leak, a crash in a worker.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { generateSignature, WebhookError, WebhookHandler } from "tink-webhooks";

const SECRET = "s3cret";
const known = (error) => WebhookError.is(error) || error instanceof TypeError;

async function onlyKnown(call) {
  try {
    await call();
  } catch (error) {
    assert.ok(known(error), String(error?.stack));
    assert.ok(!error.message.includes(SECRET));
  }
}

const text = fc.string({ unit: "binary" });
const body = fc.oneof(text, fc.uint8Array(), fc.anything());
const header = fc.oneof(
  text,
  fc.array(text),
  fc.anything(),
  fc.stringMatching(/^(t=[0-9]{1,20}|v1=[0-9a-f]{64}|,| ){0,6}$/),
);

test("no delivery makes any other error", async () => {
  const hooks = new WebhookHandler({ secret: SECRET });
  await fc.assert(
    fc.asyncProperty(body, header, async (body, header) => {
      await onlyKnown(() => hooks.handleWebhook(body, header));
      await onlyKnown(() => hooks.parseEvent(body));
    }),
  );
});

test("no signed body makes any other error", async () => {
  const hooks = new WebhookHandler({ secret: SECRET });
  const signed = fc.oneof(fc.string({ unit: "grapheme" }), fc.uint8Array(), fc.json());
  await fc.assert(
    fc.asyncProperty(signed, async (body) => {
      await onlyKnown(() => hooks.handleWebhook(body, generateSignature(body, SECRET)));
    }),
  );
});

test("a length that lies changes nothing", () => {
  const hooks = new WebhookHandler({ secret: SECRET });
  const bodies = ["AAAA", "BBBB"].map((id) => Buffer.from(`{"event":"a:b","content":"${id}"}`));
  const headers = bodies.map((body) => generateSignature(body, SECRET));
  for (const lie of [Number.NaN, -1_000, 1e9, "x"]) {
    const lying = Buffer.from(bodies[0]);
    for (const name of ["byteLength", "length"]) {
      Object.defineProperty(lying, name, { value: lie });
    }
    const first = hooks.constructEvent(lying, headers[0]);
    const second = hooks.constructEvent(bodies[1], headers[1]);
    assert.deepEqual([first.data, second.data], ["AAAA", "BBBB"]);
  }
});

test("no option makes any other error", async () => {
  const option = fc.anything();
  await fc.assert(
    fc.asyncProperty(option, option, option, option, option, async (secret, tolerance, schemes, maxBodyBytes, now) => {
      await onlyKnown(() => new WebhookHandler({ secret, tolerance, schemes, maxBodyBytes }));
      await onlyKnown(() => new WebhookHandler({ secret: SECRET, clock: () => now }).parseEvent('{"event":"a:b"}'));
      await onlyKnown(() => generateSignature("{}", secret, { timestamp: tolerance, scheme: schemes }));
      await onlyKnown(() => new WebhookHandler({ secret: SECRET }).on(secret, tolerance));
      await onlyKnown(() => new WebhookHandler(secret));
    }),
  );
});

test("handlers that close over their own object are collected", async () => {
  let collected = 0;
  const registry = new FinalizationRegistry(() => {
    collected += 1;
  });
  for (let made = 0; made < 1_000; made += 1) {
    const hooks = new WebhookHandler({ secret: SECRET });
    hooks.on("*", () => hooks);
    registry.register(hooks);
  }
  for (let turns = 0; turns < 50 && collected < 1_000; turns += 1) {
    globalThis.gc();
    await turn();
  }
  // The last one may still be on the stack.
  assert.ok(collected >= 999, `${collected} of 1000`);
});

test("worker threads load it, use it and end, eight at once", async () => {
  const program = `
    const { WebhookHandler, generateSignature } = require("tink-webhooks");
    const { parentPort } = require("node:worker_threads");
    const hooks = new WebhookHandler({ secret: "s3cret" });
    let ran = 0;
    hooks.on("*", () => { ran += 1; });
    const body = '{"event":"refresh:finished"}';
    (async () => {
      for (let n = 0; n < 500; n += 1) await hooks.handleWebhook(body, generateSignature(body, "s3cret"));
      parentPort.postMessage(ran);
    })();
  `;
  const filename = new URL("./require.test.cjs", import.meta.url).pathname;
  const wrapped = `require = require("node:module").createRequire(${JSON.stringify(filename)});${program}`;
  const results = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const worker = new Worker(wrapped, { eval: true });
      const [ran, code] = await Promise.all([
        new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
        new Promise((resolve) => worker.once("exit", resolve)),
      ]);
      return [ran, code];
    }),
  );
  assert.deepEqual(results, Array(8).fill([500, 0]));
});
