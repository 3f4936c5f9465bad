// The Lambda function with the events that AWS sends.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, describe, test } from "node:test";
import { WebhookHandler } from "tink-webhooks";
import { webhookFunction } from "tink-webhooks/aws-lambda";
import { CAP, event, SECRET, signed } from "./servers.mjs";

const base64 = (body) => Buffer.from(body).toString("base64");
const signatureOf = ({ headers }) => headers["X-Tink-Signature"];

const FORMS = {
  /** API Gateway, payload format 1.0. */
  rest: (delivery) => ({
    resource: "/webhooks/tink",
    path: "/webhooks/tink",
    httpMethod: "POST",
    headers: { "Content-Type": "application/json", ...delivery.headers },
    multiValueHeaders: { "X-Tink-Signature": [signatureOf(delivery)] },
    requestContext: { httpMethod: "POST", stage: "prod" },
    body: delivery.body,
    isBase64Encoded: false,
  }),
  /** API Gateway and function URLs, payload format 2.0. */
  http: (delivery) => ({
    version: "2.0",
    routeKey: "POST /webhooks/tink",
    rawPath: "/webhooks/tink",
    headers: { "content-type": "application/json", "x-tink-signature": signatureOf(delivery) },
    requestContext: { http: { method: "POST", path: "/webhooks/tink" } },
    body: delivery.body,
    isBase64Encoded: false,
  }),
  /** A load balancer. */
  balancer: (delivery) => ({
    requestContext: { elb: { targetGroupArn: "arn" } },
    httpMethod: "POST",
    path: "/",
    headers: { "x-tink-signature": signatureOf(delivery) },
    body: delivery.body,
    isBase64Encoded: false,
  }),
  /** A load balancer that sends headers with several values. */
  "balancer, several values": (delivery) => ({
    requestContext: { elb: { targetGroupArn: "arn" } },
    httpMethod: "POST",
    path: "/",
    multiValueHeaders: { "x-tink-signature": [signatureOf(delivery)] },
    body: base64(delivery.body),
    isBase64Encoded: true,
  }),
  base64: (delivery) => ({ ...FORMS.http(delivery), body: base64(delivery.body), isBase64Encoded: true }),
};

let ran;
let lines;
let seen;
let handler;

beforeEach(() => {
  ran = [];
  lines = [];
  seen = [];
  const hooks = new WebhookHandler({ secret: SECRET, schemes: ["v1"], maxBodyBytes: CAP });
  hooks.on("*", async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ran.push(event.data.text.toUpperCase());
  });
  const logger = { warn: (line) => lines.push(line), error: (line) => lines.push(line) };
  handler = webhookFunction(hooks, { logger, onError: (error, event) => seen.push([error, event]) });
});

for (const [name, form] of Object.entries(FORMS)) {
  describe(name, () => {
    test("accepted", async () => {
      const answer = await handler(form(signed(event("a:b", { text: "användare ✓" }))), {});
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.body, "ok\n");
      assert.equal(answer.isBase64Encoded, false);
      assert.equal(answer.headers["Content-Type"], "text/plain; charset=utf-8");
      assert.equal(answer.headers["X-Content-Type-Options"], "nosniff");
      assert.deepEqual(ran, ["ANVÄNDARE ✓"]);
    });

    test("refused", async () => {
      const given = form(signed(event("a:b"), "another"));
      const answer = await handler(given);
      assert.deepEqual([answer.statusCode, answer.body], [401, "signature_mismatch\n"]);
      assert.equal(seen[0][1], given);
      const stale = await handler(form(signed(event("a:b"), SECRET, { timestamp: 1 })));
      assert.deepEqual([stale.statusCode, stale.body], [401, "timestamp_too_old\n"]);
    });

    test("a failed handler", async () => {
      const answer = await handler(form(signed(event("a:b")))); // whose data have no text
      assert.deepEqual([answer.statusCode, answer.body], [500, "handler_failed\n"]);
      assert.match(lines[0], /TypeError/);
    });

    test("the test ping", async () => {
      const answer = await handler(form(signed(event("test"))));
      assert.deepEqual([answer.statusCode, answer.body], [200, "test_webhook\n"]);
      assert.deepEqual(ran, []);
    });
  });
}

const good = () => signed(event("a:b", { text: "" }));

test("bodies", async () => {
  for (const [body, isBase64Encoded, status, text] of [
    [null, false, 401, "signature_mismatch\n"],
    [undefined, undefined, 401, "signature_mismatch\n"],
    ["A".repeat(4_000), true, 413, "body_too_large\n"],
    ["A".repeat(CAP + 1), false, 413, "body_too_large\n"],
    ["e30*=", true, 408, "unreadable_body\n"],
    ["e30", true, 408, "unreadable_body\n"],
    ["e3 0=", true, 408, "unreadable_body\n"],
    ["e30_", true, 408, "unreadable_body\n"],
    ['{"event":"a:b"}', true, 408, "unreadable_body\n"],
    ["\ud800", false, 400, "invalid_utf8\n"],
  ]) {
    const answer = await handler({ ...FORMS.http(good()), body, isBase64Encoded });
    assert.deepEqual([answer.statusCode, answer.body], [status, text], String(body).slice(0, 20));
  }
});

test("as large as allowed, in base64", async () => {
  const full = signed(event("a:b", { text: "" }).padEnd(CAP));
  assert.equal((await handler(FORMS.base64(full))).statusCode, 200);
  const over = signed(event("a:b", { text: "" }).padEnd(CAP + 1));
  assert.equal((await handler(FORMS.base64(over))).statusCode, 413);
});

test("a parsed body", async () => {
  for (const body of [{ event: "a:b", secret: "hunter2" }, [], 5, true]) {
    const answer = await handler({ ...FORMS.http(good()), body });
    assert.deepEqual([answer.statusCode, answer.body], [500, "invalid_option\n"]);
  }
  assert.match(lines[0], /pass the Lambda event as it came[\s\S]*httpJsonBodyParser/);
  assert.ok(!lines.join().includes("hunter2"));
});

test("headers", async () => {
  for (const headers of [null, undefined, {}, { "x-tink-signature": undefined }]) {
    assert.equal((await handler({ ...FORMS.http(good()), headers })).body, "missing_signature\n");
  }
  const several = { ...FORMS.rest(good()), multiValueHeaders: { "X-TINK-SIGNATURE": ["t=1", "t=2"] } };
  assert.equal((await handler(several)).body, "malformed_signature\n");
});

describe("events that are not what they seem", () => {
  // The Python package's tests read them too.
  const shared = JSON.parse(readFileSync(new URL("../../tests/vectors/adapters/lambda.json", import.meta.url), "utf8"));
  for (const { id, event: given, expect } of shared.vectors) {
    test(id, async () => {
      const signature = signatureOf(signed(shared.signed, shared.secret));
      const request = JSON.parse(JSON.stringify(given).replaceAll("{signature}", signature));
      const reasons = [];
      const hooks = new WebhookHandler({ secret: shared.secret, schemes: ["v1"] });
      const logger = { warn() {}, error() {} };
      const handle = webhookFunction(hooks, { logger, onError: (error) => reasons.push(error.reason) });
      if (expect.raises) {
        await assert.rejects(async () => handle(request), /TypeError: the Lambda event is no HTTP request/);
        return;
      }
      const answer = await handle(request);
      assert.deepEqual([answer.statusCode, answer.body], [expect.status, `${expect.reason}\n`]);
      assert.deepEqual(reasons, expect.reason === "ok" ? [] : [expect.reason]);
    });
  }
});

test("headers that are not what they seem: an answer of the table, and never a bare TypeError", async () => {
  const name = "x-tink-signature";
  for (const [headers, body] of [
    [{ headers: { [name]: null } }, "missing_signature\n"],
    [{ headers: { [name]: 5 } }, "invalid_option\n"],
    [{ headers: { [name]: {} } }, "invalid_option\n"],
    [{ headers: "text" }, "missing_signature\n"],
    [{ headers: 5, multiValueHeaders: { [name]: null } }, "missing_signature\n"],
    [{ multiValueHeaders: { [name]: [null] } }, "invalid_option\n"],
    [{ multiValueHeaders: { [name]: [signatureOf(good()), null] } }, "invalid_option\n"],
    [{ multiValueHeaders: { [name]: "t=1" } }, "malformed_signature\n"],
    [{ multiValueHeaders: { [name]: 5 }, requestContext: "text" }, "invalid_option\n"],
  ]) {
    const answer = await handler({ httpMethod: "POST", body: "{}", ...headers });
    assert.equal(answer.body, body, JSON.stringify(headers));
    assert.equal(seen.at(-1)[0].reason, body.trim());
  }
  for (const context of [{ http: null }, "text", 5]) {
    await assert.rejects(async () => handler({ requestContext: context }), /TypeError: the Lambda event is no HTTP/);
  }
});

test("another method", async () => {
  for (const [form, change] of [
    ["rest", { httpMethod: "GET" }],
    ["http", { requestContext: { http: { method: "GET" } } }],
  ]) {
    const answer = await handler({ ...FORMS[form](good()), ...change });
    assert.deepEqual([answer.statusCode, answer.headers.Allow], [405, "POST"]);
  }
});

test("onOutcome is called once for each event that is a request", async () => {
  const outcomes = [];
  const hooks = new WebhookHandler({ secret: SECRET });
  const onOutcome = (...given) => outcomes.push(given);
  const receive = webhookFunction(hooks, { logger: { warn() {}, error() {} }, onOutcome });
  const events = [
    FORMS.rest(good()),
    FORMS.base64(good()),
    { ...FORMS.http(good()), body: "e30", isBase64Encoded: true },
    { ...FORMS.rest(good()), httpMethod: "GET" },
    FORMS.balancer(signed(event("a:b"), "another")),
  ];
  for (const one of events) await receive(one);
  await assert.rejects(async () => receive({}), TypeError);
  assert.deepEqual(
    outcomes.map(([{ outcome, status }, event]) => [outcome, status, events.indexOf(event)]),
    [
      ["handled", 200, 0],
      ["handled", 200, 1],
      ["refused", 408, 2],
      ["refused", 405, 3],
      ["refused", 401, 4],
    ],
  );
});

test("a load balancer gets headers in the form in which it sends them", async () => {
  const several = await handler(FORMS["balancer, several values"](good()));
  assert.deepEqual(several.multiValueHeaders["Content-Type"], ["text/plain; charset=utf-8"]);
  assert.equal((await handler(FORMS.balancer(good()))).multiValueHeaders, undefined);
  assert.equal((await handler(FORMS.rest(good()))).multiValueHeaders, undefined);
});

test("answers do not share their headers", async () => {
  const first = await handler(FORMS.http(good()));
  first.headers["Content-Type"] = "text/html";
  assert.equal((await handler(FORMS.http(good()))).headers["Content-Type"], "text/plain; charset=utf-8");
});

test("an event that is no request", async () => {
  for (const event of [{ Records: [] }, {}, null, undefined, { requestContext: null }]) {
    await assert.rejects(async () => handler(event), /TypeError: the Lambda event is no HTTP request: [\s\S]*proxy/);
  }
});
