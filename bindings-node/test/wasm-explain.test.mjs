// `explain` over WebAssembly: by a module of its own, which the package's part for the edge imports only where it is asked.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import native from "../dist/index.js";
import { connect } from "../dist/wasm.js";
import { explaining } from "../dist/wasm-explain.js";
import { keysOf } from "./keys.mjs";

const edge = await import("../dist/edge/inline/index.mjs");
const { webhookFetch } = await import("../dist/edge/inline/web.mjs");
const module = new WebAssembly.Module(readFileSync(new URL("../dist/tink_webhooks_explain.wasm", import.meta.url)));
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
const SIGNED = '{"event":"a:b","content":{"amount":23.00,"who":"Anna"}}';
const RECEIVED = '{"event":"a:b","content":{"amount":23,"who":"Anna"}}';
const signature = native.generateSignature(SIGNED, SECRET);
const before = new edge.WebhookHandler({ secret: SECRET });
const IMPORT = /import "tink-webhooks\/explain" before a handler object is made/;

/** Receives a delivery whose body was rewritten, and gives the lines that were logged, also those behind the answer. */
async function logged(hooks) {
  const [lines, waits] = [[], []];
  const logger = { warn: (line) => lines.push(line), error: (line) => lines.push(line) };
  const receive = webhookFetch(hooks, { logger, explainFailures: true });
  const request = { method: "POST", body: RECEIVED, headers: { "X-Tink-Signature": signature } };
  const context = { waitUntil: (work) => waits.push(work) };
  const { status } = await receive(new Request("https://localhost/", request), {}, context);
  assert.deepEqual([status, lines.length], [401, 1], "what is explained comes behind the answer");
  // The timer alone would not keep Node alive.
  await Promise.all([...waits, waits.length > 0 && sleep(50)]);
  return lines.slice(1);
}

/** An instance of the larger module, and what is in its memory. */
function instance(environment = {}) {
  const { exports } = new WebAssembly.Instance(module);
  const more = explaining((name) => environment[name]);
  return { native: connect(exports, more), has: (part) => Buffer.from(exports.memory.buffer).includes(part) };
}

// The import is for the whole process, so that these come in this order.
test("without the import a program is told of it", async () => {
  assert.throws(() => edge.explain(RECEIVED, signature, SECRET), IMPORT);
  const [line, ...others] = await logged(before);
  assert.match(line, IMPORT);
  assert.equal(others.length, 0);
});

test("with it, it says what the native library says", async () => {
  const { explain, Explanation } = await import("../dist/edge/inline/explain.mjs");
  assert.equal(explain, edge.explain);
  const others = ["another", Buffer.from("ff00", "hex"), '"quoted"'];
  for (const [body, header, secrets] of [
    [RECEIVED, signature, SECRET],
    [SIGNED, signature, SECRET],
    [SIGNED, native.generateSignature(SIGNED, SECRET, { timestamp: 1_000 }), SECRET],
    [RECEIVED, signature, [...others, SECRET]],
    [SIGNED, signature, [...others, ` ${SECRET}\n`]],
    [SIGNED, signature, others],
    [SIGNED, signature, []],
    [SIGNED, undefined, SECRET],
    [SIGNED, [signature, signature], SECRET],
    ["", signature, SECRET],
    [Buffer.from(SIGNED, "utf16le"), signature, SECRET],
    ["[object Object]", signature, SECRET],
  ]) {
    const [found, wanted] = [explain, native.explain].map((call) =>
      call(body, header, secrets, { now: 2_000_000_000 }),
    );
    assert.ok(found instanceof Explanation);
    assert.deepEqual({ ...found, text: String(found) }, { ...wanted, text: String(wanted) });
    const [one, other] = [found, wanted].map(({ originalBody }) => originalBody && Buffer.from(originalBody));
    assert.deepEqual(one, other);
  }
  assert.equal(Buffer.from(explain(RECEIVED, signature, SECRET).originalBody).toString(), SIGNED);
});

test("with it, receivers explain behind the answer, one refusal of all", async () => {
  const hooks = new edge.WebhookHandler({ secret: SECRET });
  const [line, ...others] = await logged(hooks);
  assert.match(line, /explained: numbers_rewritten \(proved\)/);
  assert.ok(!line.includes(SECRET) && !line.includes("Anna"));
  assert.equal(others.length, 0);
  assert.deepEqual(await logged(hooks), []);
});

test("once in ten seconds, and never where a variable of the host says that it is production", () => {
  const { native: free } = instance({ NODE_ENV: "test" });
  assert.deepEqual([free.mayExplain(5), free.mayExplain(14.9), free.mayExplain(15)], [true, false, true]);
  for (const environment of [{ NODE_ENV: "production" }, { RAILS_ENV: "Prod" }]) {
    assert.equal(instance(environment).native.mayExplain(5), false);
  }
});

test("no secret and no key is left in its memory, and a handler without one explains nothing", () => {
  const { native: over, has } = instance();
  const [body, header] = [Buffer.from(RECEIVED), Buffer.from(signature)];
  const several = [..."abcd".split("").map((letter) => letter.repeat(40)), SECRET];
  const given = several.map((secret) => Buffer.from(secret));
  const found = over.explain(body, header, given, 0);
  assert.deepEqual([found.causes, found.secretIndex], [["numbers_rewritten"], 4]);
  const forms = [
    `"${SECRET}"`,
    Buffer.from(SECRET).toString("hex"),
    Buffer.from(SECRET).toString("base64"),
    ` ${SECRET}`,
  ];
  for (const form of forms) {
    assert.equal(over.explain(Buffer.from(SIGNED), header, [Buffer.from(form)], 2_000_000_000).proved, true);
    assert.ok(!has(form), "what was given");
  }
  const state = over.create();
  assert.equal(state.explain(body, header, 0), null);
  assert.equal(state.configure({ secrets: given, windowOff: false }), 0);
  assert.deepEqual(state.explain(body, header, 0).causes, ["numbers_rewritten"]);
  const keys = keysOf(several);
  assert.ok(keys.every(has), "what this test looks for is there while it is in use");
  state.release();
  for (const secret of several) assert.ok(!has(secret), "a secret");
  for (const [index, key] of keys.entries()) assert.ok(!has(key), `a key: ${index}`);
  assert.ok(has(body), "memory is what this test looks into");
});
