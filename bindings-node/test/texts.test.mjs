// Events as text, idempotency keys, and a dispatcher without a secret.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Dispatcher, HandlerError, InvalidConfigError, WebhookEvent, WebhookHandler } from "tink-webhooks";
import { examplePayload, signedDelivery } from "tink-webhooks/testing";

const SECRET = "s3cret";
const hooks = new WebhookHandler({ secret: SECRET });

function signed(body) {
  const delivery = signedDelivery(undefined, { body, secret: SECRET });
  return hooks.constructEvent(delivery.body, delivery.signature);
}

/** Small and large, ASCII and not: an event keeps its body in different ways. */
const BODIES = [10, 10_000].flatMap((size) =>
  ["a", "é", "\u{1f600}", "<"].map((character) =>
    JSON.stringify({ event: "payment:updated", content: { id: character.repeat(size), updated: 1 } }),
  ),
);

describe("the text of an event", () => {
  test("it gives the event back, from text and from bytes", () => {
    for (const body of BODIES) {
      const event = signed(body);
      const text = event.serialize();
      for (const given of [text, Buffer.from(text), new TextEncoder().encode(text)]) {
        const back = WebhookEvent.deserialize(given);
        assert.equal(back.serialize(), text);
        assert.deepEqual(back.data, event.data);
        assert.deepEqual(back.verification, event.verification);
        assert.equal(back.idempotencyKey, event.idempotencyKey);
        assert.ok(back.rawBody.equals(event.rawBody));
      }
    }
  });

  test("what the package wrote before there was a version 2 is read", () => {
    const event = signed(BODIES[5]);
    const { verification } = event;
    const before = { version: 1, body: event.rawBody.toString(), timestamp: event.timestamp.getTime(), verification };
    assert.deepEqual(WebhookEvent.from(JSON.stringify(before)).serialize(), event.serialize());
    const parsed = { version: 1, body: BODIES[0], timestamp: 5, verification: undefined };
    assert.equal(WebhookEvent.deserialize(JSON.stringify(parsed)).verification, undefined);
  });

  test("a lone surrogate is no text", () => {
    assert.throws(() => WebhookEvent.deserialize("\ud800"), { reason: "invalid_utf8" });
    assert.throws(() => WebhookEvent.deserialize(Buffer.from([0xff])), { reason: "invalid_utf8" });
  });

  test("an error shows nothing of it", () => {
    const text = JSON.stringify({ version: 2, timestamp: 1, body: "hidden" });
    for (const wrong of [text, `${text}hidden`, '{"hidden":1}']) {
      assert.throws(
        () => WebhookEvent.deserialize(wrong),
        (error) => !`${error.message}${error.hint}`.includes("hidden"),
      );
    }
  });

  test("toJSON stays a summary", () => {
    const event = signed(BODIES[0]);
    const summary = JSON.parse(JSON.stringify(event));
    assert.deepEqual(Object.keys(summary).sort(), ["name", "timestamp", "type", "verification"]);
    assert.throws(() => WebhookEvent.deserialize(JSON.stringify(event)), { reason: "invalid_option" });
  });
});

describe("the idempotency key", () => {
  test("it is the same under another secret, and for a body that lies elsewhere", () => {
    for (const body of BODIES) {
      const key = signed(body).idempotencyKey;
      assert.match(key, /^[0-9a-f]{32}$/);
      assert.equal(new WebhookHandler({ secret: "other" }).parseEvent(Buffer.from(body)).idempotencyKey, key);
      assert.notEqual(hooks.parseEvent(`${body} `).idempotencyKey, key);
    }
  });

  test("there is none for signals, and without a content", () => {
    assert.equal(hooks.parseEvent(JSON.stringify(examplePayload("account:updated"))).idempotencyKey, undefined);
    assert.equal(hooks.parseEvent('{"event":"payment:updated"}').idempotencyKey, undefined);
    assert.equal(hooks.parseEvent('{"event":"payment:updated","content":null}').idempotencyKey, undefined);
  });
});

describe("a dispatcher", () => {
  test("it registers and dispatches without a secret", async () => {
    const worker = new Dispatcher();
    const ran = [];
    const updated = (event) => ran.push(event.name);
    worker.on("payment:updated", updated).on("*", async () => {
      throw new Error("away");
    });
    const event = WebhookEvent.deserialize(signed(BODIES[0]).serialize());
    await assert.rejects(worker.dispatch(event), (error) => error instanceof HandlerError && error.event === event);
    assert.deepEqual(ran, ["payment:updated"]);
    assert.deepEqual(Object.keys(worker.getHandlers()), ["payment_updated", "*"]);
    worker.unregisterHandlers("*");
    await worker.dispatch(event);
    assert.equal(ran.length, 2);
    assert.throws(() => worker.registerHandler("payment:update", updated), InvalidConfigError);
    await assert.rejects(worker.dispatch(event.serialize()), TypeError);
  });

  test("it verifies nothing", () => {
    const worker = new Dispatcher();
    for (const name of ["handleWebhook", "constructEvent", "parseEvent", "verifySignature", "maxBodyBytes"]) {
      assert.equal(name in worker, false, name);
    }
  });

  test("a handler object is one that also verifies", () => {
    assert.ok(hooks instanceof Dispatcher);
    assert.equal(new Dispatcher() instanceof WebhookHandler, false);
  });
});
