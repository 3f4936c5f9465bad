// `tink-webhooks/testing`, the help for users' tests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, mock, test } from "node:test";
import { generateSignature, WebhookError, WebhookHandler } from "tink-webhooks";
import { examplePayload, signedDelivery } from "tink-webhooks/testing";
import { webhookFetch } from "tink-webhooks/web";

const SECRET = "s3cret";
const reason = (expected) => (error) => WebhookError.is(error) && error.reason === expected;
const construct = ({ body, signature }, options = {}) =>
  new WebhookHandler({ secret: SECRET, ...options }).constructEvent(body, signature);

/** Every event of the catalogue, from the vectors that are generated from it. */
const { vectors } = JSON.parse(readFileSync(new URL("../../tests/vectors/events.json", import.meta.url), "utf8"));
const NAMES = new Set(vectors.map(({ expect }) => expect.name));

afterEach(() => {
  delete process.env.TINK_WEBHOOK_SECRET;
});

describe("a delivery", () => {
  for (const name of NAMES) {
    test(name, async () => {
      const type = name.replace(/[:.-]/g, "_");
      const ran = [];
      const hooks = new WebhookHandler({ secret: SECRET }).on(type, (event) => ran.push(event));
      const { body, signature } = signedDelivery(name, { secret: SECRET });
      const event = await hooks.handleWebhook(body, signature);
      assert.deepEqual(ran, [event]);
      assert.deepEqual([event.name, event.type], [name, type]);
      assert.ok(Object.keys(event.data).length > 0);
      assert.deepEqual(event.raw, examplePayload(name));
      assert.deepEqual(signedDelivery(type, { secret: SECRET }).body, body);
    });
  }

  test("fields in place of the example's, the others as they were", () => {
    const options = { secret: SECRET, data: { amount: 1.25 }, context: { userId: "u1" } };
    const event = construct(signedDelivery("payment:updated", options));
    const example = examplePayload("payment:updated");
    assert.deepEqual(event.data, { ...example.content, amount: 1.25 });
    assert.deepEqual(event.context, { ...example.context, userId: "u1" });
    assert.equal(event.userId, "u1");
    const community = construct(signedDelivery("credentials.updated", { secret: SECRET, data: { status: "x" } }));
    assert.deepEqual(community.data, { ...examplePayload("credentials.updated").data, status: "x" });
    assert.equal(community.raw.content, undefined);
  });

  test("the time is that of Date, which fake timers set: for signing and for verifying", async () => {
    mock.timers.enable({ apis: ["Date"], now: 1_600_000_000_999 });
    try {
      const delivery = signedDelivery("refresh:finished", { secret: SECRET });
      assert.match(delivery.signature, /^t=1600000000,v1=/);
      assert.match(generateSignature("{}", SECRET), /^t=1600000000,v1=/);
      const clocks = [{}, { clock: () => Date.now() }];
      for (const options of clocks) {
        const hooks = new WebhookHandler({ secret: SECRET, ...options });
        assert.equal(hooks.constructEvent(delivery.body, delivery.signature).verification.signedAt, 1_600_000_000);
        assert.equal((await delivery.post(webhookFetch(hooks))).status, 200);
      }
      const undated = new WebhookHandler({ secret: SECRET }).parseEvent('{"event":"a:b"}');
      assert.equal(undated.timestamp.getTime(), 1_600_000_000_999);
      mock.timers.tick(301_000);
      for (const options of clocks) {
        const hooks = new WebhookHandler({ secret: SECRET, ...options });
        assert.throws(() => hooks.constructEvent(delivery.body, delivery.signature), {
          reason: "timestamp_too_old",
          age: 301,
        });
      }
      assert.match(signedDelivery("refresh:finished", { secret: SECRET }).signature, /^t=1600000301,/);
    } finally {
      mock.timers.reset();
    }
    const { signature } = signedDelivery("refresh:finished", { secret: SECRET });
    assert.ok(Math.abs(Number(signature.match(/^t=(\d+)/)[1]) - Date.now() / 1_000) < 5);
  });

  test("a payload is a new object each time", () => {
    examplePayload("account:created").content.changed = true;
    assert.equal(examplePayload("account:created").content.changed, undefined);
  });

  test("a name that is not known", () => {
    const event = construct(signedDelivery("new:one", { secret: SECRET, data: { a: "é" } }));
    assert.deepEqual([event.type, event.raw], ["unknown", { event: "new:one", content: { a: "é" } }]);
  });

  test("the exact body, in every form", () => {
    const text = '{"event": "a:b" }';
    const bytes = Buffer.from(`..${text}`).subarray(2);
    for (const body of [text, bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer]) {
      const delivery = signedDelivery("ignored", { body, secret: SECRET });
      assert.ok(Buffer.isBuffer(delivery.body));
      assert.equal(delivery.body.toString(), text);
      assert.equal(construct(delivery).name, "a:b");
    }
    const delivery = signedDelivery("ignored", { body: bytes, secret: SECRET });
    bytes.fill("x");
    assert.equal(construct(delivery).name, "a:b");
    assert.equal(construct(signedDelivery(undefined, { secret: SECRET })).name, "refresh:finished");
  });

  test("old timestamps", () => {
    for (const timestamp of [1_700_000_000, new Date(1_700_000_000_000)]) {
      const delivery = signedDelivery("account:created", { secret: SECRET, timestamp });
      assert.match(delivery.signature, /^t=1700000000,v1=/);
      assert.throws(() => construct(delivery), reason("timestamp_too_old"));
      assert.equal(construct(delivery, { tolerance: null }).verification.signedAt, 1_700_000_000);
    }
  });

  test("the bare scheme", () => {
    const delivery = signedDelivery("credentials.updated", { secret: SECRET, scheme: "body" });
    assert.match(delivery.signature, /^[0-9a-f]{64}$/);
    assert.equal(construct(delivery).verification.scheme, "body");
    assert.throws(() => construct(delivery, { schemes: ["v1"] }), reason("scheme_not_allowed"));
  });

  test("the secret of the environment", () => {
    process.env.TINK_WEBHOOK_SECRET = `\n ${SECRET} old`;
    const { body, signature } = signedDelivery();
    assert.equal(new WebhookHandler().verifySignature(body, signature).secretIndex, 0);
    for (const secret of [undefined, null, ""]) {
      assert.throws(() => signedDelivery("account:created", { secret }), reason("secret_not_configured"));
    }
    delete process.env.TINK_WEBHOOK_SECRET;
    assert.throws(() => signedDelivery(), reason("secret_not_configured"));
  });

  test("wrong use", () => {
    assert.throws(() => signedDelivery("a:b", { secert: SECRET }), /no such option: secert/);
    assert.throws(() => signedDelivery("a:b", { secret: SECRET, body: { event: "a:b" } }), TypeError);
    assert.throws(() => signedDelivery("a:b", { secret: SECRET, scheme: "v0" }), reason("invalid_option"));
  });
});

test("a Web request, as often as it is asked for", async () => {
  const delivery = signedDelivery("account:created", { secret: SECRET });
  for (const url of ["https://x.test/hooks?a=1", new URL("https://x.test/hooks?a=1")]) {
    const request = delivery.toRequest(url);
    assert.deepEqual([request.method, request.url], ["POST", "https://x.test/hooks?a=1"]);
    assert.equal(request.headers.get("content-type"), "application/json");
    const signature = request.headers.get("X-Tink-Signature");
    assert.equal(construct({ body: await request.arrayBuffer(), signature }).name, "account:created");
  }
});

describe("posting to a Web receiver", () => {
  const delivery = signedDelivery("account:created", { secret: SECRET });

  test("a function, or an app with fetch", async () => {
    const app = {
      greeting: "seen",
      async fetch(request) {
        const { pathname } = new URL(request.url);
        return new Response(`${this.greeting} ${pathname} ${(await request.text()).length}`, {
          status: 202,
          headers: { "X-One": "1" },
        });
      },
    };
    for (const receiver of [app, (request) => app.fetch(request)]) {
      const { status, headers, text, body } = await delivery.post(receiver, "/hooks/tink");
      assert.deepEqual([status, headers["x-one"]], [202, "1"]);
      assert.equal(text, `seen /hooks/tink ${delivery.body.length}`);
      assert.equal(body.toString(), text);
    }
  });

  test("what the receiver throws reaches the test", async () => {
    const broken = () => {
      throw new RangeError("mine");
    };
    await assert.rejects(delivery.post(broken), RangeError);
  });

  test("what is not a receiver is refused", async () => {
    const express = (_request, _response, _next) => assert.fail("not to be called");
    for (const target of [() => undefined, () => ({ status: 200 }), express, {}, undefined, null, 1]) {
      await assert.rejects(delivery.post(target), /TypeError: .*createServer/);
    }
  });
});

describe("posting over a connection", () => {
  const delivery = signedDelivery("account:created", { secret: SECRET });

  /** A receiver that answers with what it received, on its own address. */
  async function serve(context, listener, ...address) {
    const server = createServer(listener).listen(...address);
    await once(server, "listening");
    context.after(() => server.close());
    return server;
  }

  async function echo(request, response) {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const event = construct({ body: Buffer.concat(chunks), signature: request.headers["x-tink-signature"] });
    response.writeHead(201, { "Set-Cookie": ["a=1", "b=2"], "X-Length": request.headers["content-length"] });
    response.end(`${request.method} ${request.url} ${event.name}`);
  }

  for (const [name, ...address] of [
    ["every address", 0],
    ["IPv4", 0, "127.0.0.1"],
    ["every IPv4 address", 0, "0.0.0.0"],
    ["another loopback address", 0, "127.0.0.2"],
    ["a socket's path", join(tmpdir(), `tink-webhooks-${process.pid}.sock`)],
  ]) {
    test(`a server on ${name}`, async (context) => {
      const { status, headers, text } = await delivery.post(await serve(context, echo, ...address), "/hooks?a=1");
      assert.deepEqual([status, text], [201, "POST /hooks?a=1 account:created"]);
      assert.equal(headers["x-length"], String(delivery.body.length));
      assert.equal(headers["set-cookie"], "a=1,b=2");
    });
  }

  test("a URL, with its own path or another", async (context) => {
    const { port } = (await serve(context, echo, 0, "127.0.0.1")).address();
    const url = `http://127.0.0.1:${port}/hooks/tink`;
    assert.equal((await delivery.post(url)).text, "POST /hooks/tink account:created");
    assert.equal((await delivery.post(new URL(url), "/other")).text, "POST /other account:created");
  });

  test("a receiver that answers before it has read everything", async (context) => {
    const large = signedDelivery("x:y", { secret: SECRET, body: Buffer.alloc(20_000_000) });
    const server = await serve(context, (_request, response) => {
      response.writeHead(413, { connection: "close" }).end("too large");
    });
    const { status, text } = await large.post(server);
    assert.deepEqual([status, text], [413, "too large"]);
  });

  test("no server, or one that does not answer", async (context) => {
    await assert.rejects(delivery.post(createServer()), /does not listen yet/);
    const server = await serve(context, (request) => request.socket.destroy(), 0, "127.0.0.1");
    await assert.rejects(delivery.post(server), { code: "ECONNRESET" });
    const half = await serve(context, (request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("half", () => request.socket.destroy());
    });
    await assert.rejects(delivery.post(half), { code: "ECONNRESET" });
    await assert.rejects(delivery.post("ftp://127.0.0.1/"), TypeError);
  });
});

test("an event type that is not a string", () => {
  for (const wrong of [["payment:updated"], 5, null, Symbol("x"), {}]) {
    assert.throws(() => signedDelivery(wrong, { secret: "s3cret" }), TypeError);
    assert.throws(() => examplePayload(wrong), TypeError);
  }
});
