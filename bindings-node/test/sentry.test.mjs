// What leaves the process when deliveries are refused and handlers fail, under Sentry as the guide sets it up and with
// the local variables of every function: no body, no signature and no secret; nor do the errors and the log hold any.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import zlib from "node:zlib";

const SECRET = "secretmarker67abc1e08fb64c92b450";
const IN_BODY = "bodymarkerSE3550000000054910000003";
const IN_SIGNATURE = "5160a7e3a42e";

/** Everything that Sentry sent, as text. */
let sent = "";
const collector = http.createServer(async (request, response) => {
  const bytes = Buffer.concat(await request.toArray());
  sent += (request.headers["content-encoding"] === "gzip" ? zlib.gunzipSync(bytes) : bytes).toString();
  response.setHeader("connection", "close").end("{}");
});
await new Promise((resolve) => collector.listen(0, "127.0.0.1", resolve));

// The guide's program, before anything else is loaded, as `node --import ./instrument.mjs` does.
const guide = readFileSync(new URL("../../docs/node.md", import.meta.url), "utf8");
const [, program] = guide.match(/^```js\n(import \* as Sentry [\s\S]*?)^```/m);
const more = `includeLocalVariables: true, tracesSampleRate: 1, normalizeDepth: 10, environment: "test",
  integrations: [
    Sentry.localVariablesIntegration({ maxExceptionsPerSecond: 1e6 }),
    Sentry.extraErrorDataIntegration({ depth: 10 }),
    Sentry.captureConsoleIntegration(),
  ],`;
const made = mkdtempSync(new URL("made-", import.meta.url).pathname);
writeFileSync(join(made, "instrument.mjs"), program.replace("dsn: process.env.SENTRY_DSN,", `$&\n  ${more}`));
process.env.SENTRY_DSN = `http://key@127.0.0.1:${collector.address().port}/1`;
await import(pathToFileURL(join(made, "instrument.mjs")));
rmSync(made, { recursive: true });

const Sentry = await import("@sentry/node");
const { ADAPTERS, post } = await import("./servers.mjs");
const { generateSignature, verifySignature, WebhookEvent, WebhookHandler } = await import("tink-webhooks");
const { webhookFunction } = await import("tink-webhooks/aws-lambda");
const { webhookFetch } = await import("tink-webhooks/web");

/** Fails if a text has a part of what must not be in it. */
function clean(text, what) {
  for (const marker of [SECRET, "secretmarker", "bodymarker", IN_SIGNATURE, ...signatures]) {
    const at = text.indexOf(marker);
    assert.equal(at, -1, `${what}: ${text.slice(Math.max(0, at - 400), at + 100)}`);
  }
}

/** The second halves of the signatures: the first is the delivery id, which is for logs. */
const signatures = new Set();
function signed(body, secret = SECRET, options = {}) {
  const signature = generateSignature(body, secret, options);
  signatures.add(signature.slice(-32));
  return { body, headers: { "X-Tink-Signature": signature } };
}

/** The names of the library's functions. Sentry leaves on an error what the functions of everybody else held, too. */
const own = new Set();
for (const file of readdirSync(new URL("../dist", import.meta.url)).filter((name) => name.endsWith(".js"))) {
  const text = readFileSync(new URL(`../dist/${file}`, import.meta.url), "utf8");
  const definitions = /function (\w+)|^ +(?:(?:static|async|get) )*(#?\w+)\([^;]*\) \{$|(\w+) = (?:async )?\(/gm;
  for (const [, ...names] of text.matchAll(definitions)) own.add(names.find((name) => name !== undefined));
}
own.delete("done"); // Express's parser has one as well, which holds the body; the library's throws nothing
const VARIABLES = "__SENTRY_ERROR_LOCAL_VARIABLES__";

/** What a hook, a log and Sentry get of one error. */
function look(error) {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const variables = cause[VARIABLES] ?? [];
    delete cause[VARIABLES];
    clean(inspect(cause, { depth: Number.POSITIVE_INFINITY, showHidden: true }), "inspect");
    clean(JSON.stringify(cause), "JSON");
    clean(cause.stack, "stack");
    for (const frame of variables) {
      const name = frame.function.split(".").at(-1);
      if (own.has(name)) clean(JSON.stringify(frame), "variables");
    }
    cause[VARIABLES] = variables;
  }
  Sentry.captureException(error);
}

/** Waits until Sentry has sent everything, and gives it. */
async function flushed() {
  assert.ok(await Sentry.flush(10_000));
  return sent;
}

class Watched {
  errors = [];
  log = [];
  hooks = new WebhookHandler({ secret: SECRET, maxBodyBytes: 2_000 });
  options = {
    bodyTimeout: 100,
    onError: (error) => {
      this.errors.push(error);
      look(error);
    },
    logger: Object.fromEntries(
      ["info", "warn", "error"].map((level) => [
        level,
        (...given) => {
          this.log.push(...given.map((one) => (typeof one === "string" ? one : JSON.stringify(one))));
          console[level === "info" ? "log" : level](...given);
        },
      ]),
    ),
  };

  constructor() {
    const fail = (error) => {
      throw error;
    };
    this.hooks
      .on("account:updated", () => fail(new RangeError("the database is away", { cause: new Error("no route") })))
      .on("account:created", async () => fail(new RangeError("the database is away")))
      .on("account:created", () => Promise.reject(new TypeError("no such order")));
  }
}

const payload = (type, more = "") =>
  `{"event":"${type}","context":{"userId":"${IN_BODY}"},"content":{"i":"${IN_BODY}"}${more}}`;
const V1 = `t=${Math.floor(Date.now() / 1_000)},v1=`;
const raw = (signature, body = payload("a:b")) => ({ body, headers: { "X-Tink-Signature": signature } });
/** A delivery of every kind of refusal, and of handlers that fail. */
const DELIVERIES = {
  missing_signature: () => ({ body: payload("a:b"), headers: {} }),
  malformed_signature: () => raw(`t=soon,v1=${IN_SIGNATURE}`),
  signature_mismatch: () => raw(V1 + IN_SIGNATURE.repeat(6).slice(0, 64)),
  "signature_mismatch, of the body alone": () => raw(IN_SIGNATURE.repeat(6).slice(0, 64)),
  timestamp_too_old: () => signed(payload("a:b"), SECRET, { timestamp: 1_700_000_000 }),
  timestamp_in_future: () => signed(payload("a:b"), SECRET, { timestamp: 2_700_000_000 }),
  invalid_utf8: () => signed(Buffer.concat([Buffer.from(payload("a:b")), Buffer.of(0xff)])),
  invalid_json: () => signed(`${payload("a:b")}${IN_BODY}`),
  not_an_object: () => signed(`["${IN_BODY}"]`),
  missing_type: () => signed(`{"content":"${IN_BODY}"}`),
  missing_data: () => signed(`{"type":"${IN_BODY}:x"}`),
  too_deep: () => signed(payload("a:b", `,"x":${"[".repeat(130)}"${IN_BODY}"${"]".repeat(130)}`)),
  duplicate_key: () => signed(payload("a:b", `,"event":"${IN_BODY}"`)),
  body_too_large: () => signed(payload("a:b").padEnd(2_001)),
  test_webhook: () => signed(payload("test")),
  handler_failed: () => signed(payload("account:updated")),
  "handler_failed, asynchronously": () => signed(payload("account:created")),
};

beforeEach(() => {
  console.log = console.warn = console.error = () => {}; // Sentry has put its own functions there
});
const printing = { log: console.log, warn: console.warn, error: console.error };
afterEach(() => Object.assign(console, printing));
after(() => collector.close());

test("local variables and errors do reach Sentry", async () => {
  // Its worker needs a moment to attach.
  for (let tries = 0; !sent.includes("visible-variable"); tries += 1) {
    assert.ok(tries < 100, "no local variable arrived");
    const fails = (variable) => {
      throw new Error(`thrown beside ${variable.length} characters`);
    };
    try {
      fails("visible-variable");
    } catch (error) {
      Sentry.captureException(error);
    }
    await flushed();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

describe("adapters", () => {
  for (const [name, serve] of Object.entries(ADAPTERS)) {
    test(name, async () => {
      const watched = new Watched();
      const server = await serve(watched);
      const parsed = name === "nest" || name.startsWith("express."); // their parsers refuse some of it themselves
      try {
        for (const [kind, delivery] of Object.entries(DELIVERIES)) {
          const [reason] = kind.split(",");
          const answer = await post(server.port, delivery());
          clean(JSON.stringify(answer), "answer");
          if (!parsed) {
            assert.equal(answer.text, `${reason}\n`);
            assert.equal(watched.errors.at(-1).reason, reason);
          }
        }
        await post(server.port, { body: payload("a:b") }, { method: "PUT" });
        clean(watched.log.join("\n"), "log");
        assert.ok(watched.errors.length >= (parsed ? 12 : Object.keys(DELIVERIES).length));
        clean(await flushed(), "Sentry");
      } finally {
        await server.close();
      }
    });
  }

  test("Lambda, a Web Request, and bodies that do not arrive", async () => {
    const watched = new Watched();
    const receive = webhookFunction(watched.hooks, watched.options);
    const request = ({ body, headers }) => ({ httpMethod: "POST", headers, body: body.toString() });
    for (const [kind, delivery] of Object.entries(DELIVERIES)) {
      const answer = await receive(request(delivery()));
      if (kind !== "invalid_utf8") assert.equal(answer.body, `${kind.split(",")[0]}\n`);
    }
    const good = request(signed(payload("a:b")));
    for (const [change, reason] of [
      [{ isBase64Encoded: true }, "unreadable_body"],
      [{ httpMethod: "GET" }, "method_not_allowed"],
      [{ body: JSON.parse(payload("a:b")) }, "invalid_option"],
      [{ headers: { "x-tink-signature": { v1: IN_SIGNATURE } } }, "invalid_option"],
    ]) {
      assert.equal((await receive({ ...good, ...change })).body, `${reason}\n`);
    }
    await assert.rejects(receive({ Records: [], body: payload("a:b") }), (error) => {
      look(error);
      return error instanceof TypeError;
    });
    const web = webhookFetch(watched.hooks, watched.options);
    const { body, headers } = signed(payload("a:b"));
    const stream = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(body).subarray(0, 90)) });
    const slow = new Request("https://localhost/", { method: "POST", headers, body: stream, duplex: "half" });
    assert.equal((await web(slow)).status, 408);
    const read = new Request("https://localhost/", { method: "POST", headers, body });
    await read.text();
    assert.equal((await web(read)).status, 500);
    assert.deepEqual(
      watched.errors.slice(-2).map(({ reason }) => reason),
      ["unreadable_body", "invalid_option"],
    );
    clean(watched.log.join("\n"), "log");
    clean(await flushed(), "Sentry");
  });
});

describe("the functions of the library", () => {
  // The functions of this file get what they pass by calling, and so have it in no variable of their own.
  const calls = {
    handleWebhook: (hooks) => hooks.handleWebhook(payload("a:b"), V1 + IN_SIGNATURE),
    constructEvent: (hooks) => hooks.constructEvent(payload("a:b"), V1 + IN_SIGNATURE),
    "a body that was parsed": (hooks) => hooks.constructEvent(JSON.parse(payload("a:b")), V1 + IN_SIGNATURE),
    "text that has no bytes": (hooks) => hooks.parseEvent(`${payload("a:b")}\ud800`),
    "a signature that is none": (hooks) => hooks.verifySignature(payload("a:b"), { signature: V1 + IN_SIGNATURE }),
    "several signatures": (hooks) => hooks.verifySignature(payload("a:b"), [V1 + IN_SIGNATURE, V1 + IN_SIGNATURE]),
    parseEvent: (hooks) => hooks.parseEvent(`${payload("a:b")}${IN_BODY}`),
    "the function of the package": () => verifySignature(payload("a:b"), V1 + IN_SIGNATURE, `${SECRET}\n`),
    "a secret that ends with a line end": () => new WebhookHandler({ secret: `${SECRET}\n` }),
    "secrets of which one is none": () => new WebhookHandler({ secret: [SECRET, ""] }),
    "a secret that has no bytes": () => new WebhookHandler({ secret: `${SECRET}\ud800` }),
    "a secret that is an object": () => new WebhookHandler({ secret: { value: SECRET } }),
    "an option that is none": () => new WebhookHandler({ secret: SECRET, tolerence: 1 }),
    "an option that is not usable": () => new WebhookHandler({ secret: SECRET, schemes: [] }),
    "a function that gives the secret": () =>
      new WebhookHandler({ secret: () => `${SECRET} ` }).constructEvent(payload("a:b"), V1 + IN_SIGNATURE),
    "a clock that fails": () => {
      const clock = () => {
        throw new Error("no time");
      };
      new WebhookHandler({ secret: SECRET, clock }).constructEvent(
        payload("a:b"),
        generateSignature(payload("a:b"), SECRET),
      );
    },
    generateSignature: () => generateSignature(payload("a:b"), `${SECRET}\n`),
    "generateSignature, without bytes": () => generateSignature(`${payload("a:b")}\ud800`, SECRET),
    "WebhookEvent.from": () => WebhookEvent.from(`{"version":1,"body":"${IN_BODY}","timestamp":1}`),
    "WebhookEvent.from, no text of serialize": () => WebhookEvent.from(`{"version":9,"body":"${IN_BODY}"}`),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(name, async () => {
      const hooks = new WebhookHandler({ secret: SECRET });
      let thrown;
      try {
        await call(hooks);
      } catch (error) {
        thrown = error;
      }
      assert.ok(thrown instanceof Error, "it fails");
      assert.ok(
        thrown[VARIABLES]?.some((frame) => own.has(frame.function.split(".").at(-1))),
        "Sentry has looked at it",
      );
      look(thrown);
      clean(await flushed(), "Sentry");
    });
  }
});
