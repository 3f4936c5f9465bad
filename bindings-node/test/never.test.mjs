// No input causes another kind of error than those documented.
import assert from "node:assert/strict";
import { test } from "node:test";
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
  const option = fc.anything({ withSparseArray: true });
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
