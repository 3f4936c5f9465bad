// `explain`. The vectors hold what is found; here is what Node adds: types, what is shown, and the adapters' option.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { explain, generateSignature, InvalidConfigError, InvalidPayloadError, WebhookHandler } from "tink-webhooks";
import { webhookFetch } from "tink-webhooks/web";

const KEY = "67abc1e08fb64c92b450a13e0876330b";
const SIGNED = '{"event":"a:b","content":{"amount":23.00,"who":"Anna"}}';
const RECEIVED = '{"event":"a:b","content":{"amount":23,"who":"Anna"}}';
const signature = generateSignature(SIGNED, KEY);

describe("what explain gives", () => {
  test("its fields", () => {
    const found = explain(RECEIVED, signature, KEY);
    assert.equal(found.cause, "numbers_rewritten");
    assert.deepEqual([...found.causes], ["numbers_rewritten"]);
    assert.equal(found.proved, true);
    assert.equal(found.secretIndex, 0);
    assert.equal(found.originalBody.toString(), SIGNED);
    assert.match(found.where, /usually/);
    assert.match(found.fix, /await request\.body\(\)/);
    assert.ok(String(found).includes(found.where));
    assert.throws(() => {
      found.cause = "verifies";
    }, TypeError);
  });

  test("nothing is shown", () => {
    const found = explain(RECEIVED, signature, KEY);
    for (const shown of [String(found), inspect(found, { depth: 9 }), JSON.stringify(found)]) {
      for (const hidden of [KEY, "Anna", "23.00,", signature.slice(-64)]) assert.ok(!shown.includes(hidden), shown);
    }
  });

  test("what verifies, and what has no secret", () => {
    assert.equal(explain(SIGNED, signature, KEY).cause, "verifies");
    assert.equal(explain(SIGNED, signature, []).cause, "secret_missing");
    assert.equal(explain(SIGNED, signature, undefined).cause, "secret_missing");
    assert.equal(explain(SIGNED, undefined, KEY).cause, "header_missing");
    assert.equal(explain(SIGNED, undefined, KEY).originalBody, undefined);
  });
});

describe("what explain takes", () => {
  test("bodies and secrets of every type", () => {
    for (const body of [RECEIVED, Buffer.from(RECEIVED), new TextEncoder().encode(RECEIVED).buffer]) {
      for (const secrets of [KEY, Buffer.from(KEY), [KEY], ["another", new TextEncoder().encode(KEY)]]) {
        assert.equal(explain(body, signature, secrets).proved, true);
      }
    }
  });

  test("a header that stands there twice", () => {
    assert.equal(explain(SIGNED, [signature], KEY).cause, "verifies");
    assert.equal(explain(SIGNED, [signature, signature], KEY).cause, "header_repeated");
    assert.equal(explain(SIGNED, [], KEY).cause, "header_missing");
  });

  test("the time", () => {
    const old = generateSignature(SIGNED, KEY, { timestamp: 1_767_225_600 });
    for (const now of [1_767_225_600, 1_767_225_600.9, new Date("2026-01-01T00:00:00Z")]) {
      assert.equal(explain(SIGNED, old, KEY, { now }).cause, "verifies");
    }
    assert.notEqual(explain(SIGNED, old, KEY, {}).cause, "verifies");
    assert.throws(() => explain(SIGNED, old, KEY, { now: Number.NaN }), InvalidConfigError);
    assert.throws(() => explain(SIGNED, old, KEY, { now: "now" }), TypeError);
  });

  test("nothing of another type", () => {
    for (const given of [
      [{}, signature, KEY],
      [SIGNED, 1, KEY],
      [SIGNED, signature, 1],
      [SIGNED, signature, [1]],
      [SIGNED, signature, { a: 1 }],
    ]) {
      assert.throws(() => explain(...given), TypeError);
    }
    assert.throws(() => explain("\ud800", signature, KEY), InvalidPayloadError);
  });
});

/** Receives a delivery, and gives the lines that were logged, also those behind the answer. */
async function logged(options, body = RECEIVED, header = signature) {
  const lines = [];
  const logger = { warn: (line) => lines.push(line), error: (line) => lines.push(line) };
  const receive = webhookFetch(new WebhookHandler({ secret: KEY }), { logger, ...options });
  const request = { method: "POST", body, headers: { "X-Tink-Signature": header } };
  const { status } = await receive(new Request("https://localhost/", request));
  const answered = lines.length;
  for (let wait = 0; wait < 100 && lines.length === answered && options.explainFailures; wait += 1) await sleep(10);
  return { status, lines, answered };
}

describe("explainFailures", () => {
  test("a refusal is explained behind its answer, one of all clients", async () => {
    const { status, lines, answered } = await logged({ explainFailures: true });
    assert.equal(status, 401);
    assert.equal(answered, 1);
    assert.equal(lines.length, 2);
    assert.match(lines[1], /explained: numbers_rewritten \(proved\)/);
    assert.ok(!lines[1].includes(KEY) && !lines[1].includes("Anna"));
    // The limit is one of the whole process.
    assert.equal((await logged({ explainFailures: true })).lines.length, 1);
  });

  test("it is off by default, and a mistyped one is an error", async () => {
    assert.equal((await logged({})).lines.length, 1);
    assert.throws(() => webhookFetch(new WebhookHandler({ secret: KEY }), { explainFailures: "yes" }), TypeError);
  });

  test("never in production", () => {
    const program = `
      const { native } = require("./dist/native.js");
      if (native.mayExplain(1)) process.exit(1);
    `;
    const env = { ...process.env, NODE_ENV: "production" };
    execFileSync(process.execPath, ["-e", program], { cwd: new URL("..", import.meta.url), env });
  });
});
