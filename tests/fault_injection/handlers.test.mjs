// Handlers that throw and that hang, while handlers are registered and removed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { generateSignature, HandlerError, WebhookHandler } from "../../bindings-node/index.mjs";

const SECRET = "s3cret";
const body = Buffer.from('{"event":"account:updated","content":{"id":"a1"}}');
const signature = generateSignature(body, SECRET);

test("whatever is thrown is an error of the handler, and the others run", async () => {
  const thrown = [undefined, null, 0, "text", Symbol("s"), Object.freeze({}), new Error("away"), Object.create(null)];
  const hooks = new WebhookHandler({ secret: SECRET });
  let ran = 0;
  for (const what of thrown) {
    hooks.on("*", () => {
      throw what;
    });
    hooks.on("*", () => Promise.reject(what));
    hooks.on("*", async () => {
      await pause(1);
      ran += 1;
    });
  }
  const error = await hooks.handleWebhook(body, signature).then(assert.fail, (reason) => reason);
  assert.ok(error instanceof HandlerError);
  assert.equal(error.errors.length, 2 * thrown.length);
  assert.equal(ran, thrown.length);
});

test("handlers that hang are ended by their own signal, and hold up nothing else", async () => {
  const hooks = new WebhookHandler({ secret: SECRET });
  const stop = new AbortController();
  let hanging = 0;
  hooks.on("*", () => {
    hanging += 1;
    return pause(600_000, undefined, { signal: stop.signal });
  });
  const deliveries = Array.from({ length: 100 }, () => hooks.handleWebhook(body, signature));
  assert.equal(hanging, 100);
  hooks.unregisterHandlers("*");
  const ran = [];
  hooks.on("*", (event) => ran.push(event.name));
  await hooks.handleWebhook(body, signature);
  assert.deepEqual(ran, ["account:updated"]);
  stop.abort();
  const ended = await Promise.allSettled(deliveries);
  assert.deepEqual(new Set(ended.map(({ reason }) => reason.reason)), new Set(["handler_failed"]));
  assert.deepEqual(new Set(ended.map(({ reason }) => reason.errors[0].name)), new Set(["AbortError"]));
});

test("registering and unregistering between the awaits of many dispatches", async () => {
  const hooks = new WebhookHandler({ secret: SECRET });
  let sound = 0;
  hooks.on("account:updated", async () => {
    await pause(0);
    sound += 1;
  });
  const work = Array.from({ length: 200 }, async (_, number) => {
    const own = () => {
      throw new Error(`of ${number}`);
    };
    hooks.on("*", own);
    const delivery = hooks.handleWebhook(body, signature).then(assert.fail, (error) => error);
    await pause(0);
    hooks.unregisterHandlers("*");
    return delivery;
  });
  const errors = await Promise.all(work);
  assert.equal(sound, 200);
  for (const error of errors) {
    assert.ok(error instanceof HandlerError && error.errors.length >= 1);
  }
  assert.deepEqual(Object.keys(hooks.getHandlers()), ["account_updated"]);
});
