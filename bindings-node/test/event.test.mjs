// Events: through queues, in logs, and their types.

import looseAssert from "node:assert";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect, isDeepStrictEqual } from "node:util";
import { iterableEquality, equals as vitestEquals } from "@vitest/expect";
import fc from "fast-check";
import fastDeepEqual from "fast-deep-equal";
import { fn } from "jest-mock";
import lodash from "lodash";
import {
  generateSignature,
  InvalidConfigError,
  InvalidPayloadError,
  TestWebhookError,
  WebhookError,
  WebhookEvent,
  WebhookHandler,
} from "tink-webhooks";

// Both keep their state under this symbol, and jest's fails with the state of vitest.
delete globalThis[Symbol.for("$$jest-matchers-object")];
const { expect: jestExpect } = await import("expect");

const SECRET = "s3cret";
const BODY =
  '{"event":"refresh:finished","context":{"userId":"u1","externalUserId":"anv\\u00e4ndare \\"42\\" \u{1f98a}"},' +
  '"content":{"credentialsStatus":"UPDATED","amount":23.00}}';
const hooks = new WebhookHandler({ secret: ["other", SECRET] });
const signed = (body = BODY, options = {}) => hooks.constructEvent(body, generateSignature(body, SECRET, options));

/** All fields of an event. */
const seen = (event) => ({
  type: event.type,
  name: event.name,
  data: event.data,
  context: event.context,
  userId: event.userId,
  externalUserId: event.externalUserId,
  timestamp: event.timestamp.getTime(),
  raw: event.raw,
  rawBody: event.rawBody.toString(),
  verification: event.verification,
});

describe("through a queue", () => {
  for (const [name, event] of [
    ["a verified event", signed()],
    ["one with a bare signature", signed(BODY, { scheme: "body" })],
    ["one that was only parsed", hooks.parseEvent(BODY)],
    ["one of an unknown name", signed('{"event":"a:\\"\\u0062","timestamp":"1999-01-01T00:00:00.5Z"}')],
    ["one without user or content", signed('{"type":"credentials.updated","data":[1,null]}')],
  ]) {
    test(name, () => {
      const restored = WebhookEvent.from(event.serialize());
      assert.deepEqual(seen(restored), seen(event));
      assert.deepEqual(seen(WebhookEvent.from(restored.serialize())), seen(event));
    });
  }

  test("it is dispatched by a handler object without that secret", async () => {
    const worker = new WebhookHandler({ secret: "of no use" });
    const ran = [];
    worker.on("refresh:finished", (event) => ran.push([event.userId, event.verification.secretIndex]));
    const job = JSON.parse(JSON.stringify({ data: { event: signed().serialize() } }));
    await worker.dispatch(WebhookEvent.from(job.data.event));
    assert.deepEqual(ran, [["u1", 1]]);
  });

  test("any other text", () => {
    const good = JSON.parse(signed().serialize());
    const { verification } = good;
    for (const wrong of [
      "",
      "{}",
      "null",
      "[]",
      "{",
      BODY,
      { ...good, version: 3 },
      { ...good, version: "2" },
      { ...good, unknown: 1 },
      { ...good, body: 1 },
      { ...good, body: "\ud800" },
      { ...good, timestamp: null },
      { ...good, timestamp: 1e300 },
      { ...good, timestamp: 9e15 },
      { ...good, verification: {} },
      { ...good, verification: { ...verification, scheme: "v0" } },
      { ...good, verification: { ...verification, signedAt: "now" } },
      { ...good, verification: { ...verification, secretIndex: -1 } },
      { ...good, verification: { ...verification, secretIndex: 2 ** 32 } },
      { ...good, verification: { ...verification, deliveryId: "12" } },
      { ...good, verification: { ...verification, deliveryId: undefined } },
      { ...good, verification: { ...verification, signedAt: undefined } },
      { ...good, verification: { ...verification, signedAt: -9 } },
      { ...good, verification: { ...verification, scheme: "body" } },
    ]) {
      const text = typeof wrong === "string" ? wrong : JSON.stringify(wrong);
      const refused = (error) => error instanceof InvalidConfigError && error.reason === "invalid_option";
      assert.throws(() => WebhookEvent.from(text), refused, text);
    }
    assert.throws(() => WebhookEvent.from(JSON.stringify({ ...good, body: "[]" })), InvalidPayloadError);
    assert.throws(() => WebhookEvent.from(JSON.stringify({ ...good, body: '{"event":"test"}' })), TestWebhookError);
    for (const wrong of [undefined, null, 1, {}, signed(), [1]]) {
      assert.throws(() => WebhookEvent.from(wrong), TypeError);
    }
  });

  test("no text causes any other error", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.anything());
    const verification = fc.oneof(fc.anything(), fc.record({ scheme: fc.constant("v1"), secretIndex: fc.anything() }));
    const shaped = fc.record({
      version: fc.constantFrom(1, 2),
      body: fc.json(),
      timestamp: fc.integer(),
      verification,
    });
    fc.assert(
      fc.property(fc.oneof(text, shaped), (value) => {
        const isShaped = typeof value === "object" && value !== null && "version" in value;
        try {
          WebhookEvent.from(isShaped ? (JSON.stringify(value) ?? "") : value);
        } catch (error) {
          if (error instanceof TypeError && error.message.includes("BigInt")) return; // JSON.stringify's, not ours
          assert.ok(WebhookError.is(error) || error instanceof TypeError, String(error?.stack));
        }
      }),
    );
  });
});

test("an event is one by its class, and cannot be made by hand", () => {
  assert.ok(signed() instanceof WebhookEvent);
  assert.equal({} instanceof WebhookEvent, false);
  assert.throws(() => new WebhookEvent(), TypeError);
  assert.match(inspect(WebhookEvent), /WebhookEvent/);
});

test("neither logs nor JSON show the payload", () => {
  const event = signed(BODY.replace("u1", "hunter2").replace("UPDATED", "hunter2"));
  void [event.data, event.context, event.raw, event.rawBody, event.verification];
  const nested = { job: { event, list: [event] }, error: new Error("x", { cause: event }) };
  for (const shown of [
    inspect(event),
    inspect(event, { depth: 9, showHidden: true }),
    inspect(nested, { depth: 9, showHidden: true }),
    JSON.stringify(nested),
    String(event),
    JSON.stringify(event),
  ]) {
    assert.doesNotMatch(shown, /hunter2|credentialsStatus|s3cret/);
  }
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(event))), ["type", "name", "timestamp", "verification"]);
});

test("many events do not mix, even where they share memory", () => {
  const events = Array.from({ length: 500 }, (_, index) => {
    const body = `{"event":"refresh:finished","content":{"id":${index},"padding":"${"x".repeat(index * 7)}"}}`;
    return signed(body, { scheme: index % 3 ? "v1" : "body" });
  });
  for (const [index, event] of events.entries()) {
    assert.equal(event.data.id, index);
    assert.equal(event.rawBody.length, JSON.stringify(event.raw).length);
    assert.equal(event.verification.scheme, index % 3 ? "v1" : "body");
  }
});

describe("types", () => {
  const require = createRequire(import.meta.url);
  const tsc = require.resolve("typescript/package.json").replace("package.json", "bin/tsc");
  const folder = fileURLToPath(new URL("types/", import.meta.url));
  const compile = (...options) => {
    try {
      execFileSync(process.execPath, [tsc, "--noEmit", ...options], { cwd: folder, encoding: "utf8" });
      return "";
    } catch (error) {
      return error.stdout;
    }
  };

  const PACKAGE = "../../../tsconfig.json";
  /** Compiles with a configuration, and files, in a folder of their own beside the programs. */
  const compileIn = (configuration, files = {}) => {
    const made = mkdtempSync(`${folder}made-`);
    try {
      for (const [name, text] of Object.entries(files)) {
        writeFileSync(`${made}/${name}`, text);
      }
      writeFileSync(`${made}/tsconfig.json`, JSON.stringify(configuration));
      return compile("-p", made);
    } finally {
      rmSync(made, { recursive: true });
    }
  };

  test("correct use compiles, and every wrong use is refused", () => {
    // A line that is wrongly accepted is an unused @ts-expect-error, which is an error.
    assert.equal(compile("-p", "tsconfig.json"), "");
    // As the package's own sources are compiled, beside the types of frameworks and of clients.
    const compilerOptions = { skipLibCheck: true, rootDir: "../../..", types: ["node"] };
    const files = ["../adapters.ts", "../once.ts"];
    assert.equal(compileIn({ extends: PACKAGE, compilerOptions, include: [], files }), "");
  });

  test("the declarations of the native half are those that napi writes", () => {
    const compilerOptions = { rootDir: "../../../..", exactOptionalPropertyTypes: false };
    assert.equal(compileIn({ extends: PACKAGE, compilerOptions, include: [], files: ["../native.ts"] }), "");
  });

  test("the names are the core's", async () => {
    const { native } = require("../dist/native.js");
    const listed = native.eventTypes();
    const names = listed.filter((_, index) => index % 3 === 2);
    const snakes = listed.filter((_, index) => index % 3 === 1);
    const lines = [
      'import type { EventName, EventType } from "tink-webhooks";',
      `const name: ${JSON.stringify(names).slice(1, -1).replaceAll(",", " | ")} = "" as EventName;`,
      `const names: EventName[] = ${JSON.stringify(names)};`,
      `const snake: ${JSON.stringify(snakes).slice(1, -1).replaceAll(",", " | ")} = "" as EventType;`,
      `const snakes: EventType[] = ${JSON.stringify(snakes)};`,
      "export default [name, names, snake, snakes];",
    ];
    const program = { "names.ts": lines.join("\n") };
    assert.equal(compileIn({ extends: "../tsconfig.json", include: ["names.ts"] }, program), "");
  });
});

describe("deep equality", () => {
  const passes = (check) => (one, other) => {
    try {
      check(one, other);
      return true;
    } catch (error) {
      if (error.name !== "AssertionError" && !("matcherResult" in error) && !/toEqual|toHaveBeenCalled/.test(error)) {
        throw error;
      }
      return false;
    }
  };
  const called = (one) => {
    const mock = fn();
    mock(one);
    return mock;
  };
  for (const [name, equal] of [
    ["util.isDeepStrictEqual", isDeepStrictEqual],
    ["assert.deepEqual", passes(looseAssert.deepEqual)],
    ["assert.deepStrictEqual", passes(assert.deepStrictEqual)],
    ["lodash", lodash.isEqual],
    ["fast-deep-equal", fastDeepEqual],
    ["jest's toEqual", passes((one, other) => jestExpect(one).toEqual(other))],
    ["jest's toStrictEqual", passes((one, other) => jestExpect(one).toStrictEqual(other))],
    ["jest's toHaveBeenCalledWith", passes((one, other) => jestExpect(called(one)).toHaveBeenCalledWith(other))],
    ["vitest's equals", (one, other) => vitestEquals(one, other, [iterableEquality])],
  ]) {
    test(name, () => {
      // New events each time: the first comparison computes what is compared.
      for (const [body, other] of [
        [BODY, BODY.replace("u1", "u2")],
        [BODY, BODY.replace("UPDATED", "ERROR")],
      ]) {
        const one = signed(body);
        assert.equal(equal(one, WebhookEvent.from(one.serialize())), true);
        assert.equal(equal(signed(body), signed(other)), false);
        assert.equal(equal({ list: [one] }, { list: [hooks.parseEvent(body)] }), false);
      }
    });
  }

  test("what is compared is an HMAC with a key of the process", () => {
    const program =
      'import { WebhookHandler } from "tink-webhooks";' +
      "const event = new WebhookHandler({ secret: 's' }).parseEvent('{\"event\":\"a:b\"}');" +
      "process.stdout.write(event._digest.hmac);";
    const digest = () =>
      execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: fileURLToPath(new URL("..", import.meta.url)),
        encoding: "utf8",
      });
    const [one, two] = [digest(), digest()];
    assert.match(one, /^[0-9a-f]{64}$/);
    assert.match(two, /^[0-9a-f]{64}$/);
    assert.notEqual(one, two);
  });
});

describe("copies of an event", () => {
  const event = signed();
  const refused = { name: "TypeError", message: /event\.serialize\(\).*WebhookEvent\.deserialize/ };

  test("it cannot be cloned or posted, and the error says what to send", () => {
    const { port1 } = new MessageChannel();
    const wanted = { name: "DataCloneError", message: /event\.serialize\(\)/ };
    assert.throws(() => structuredClone(event), wanted);
    assert.throws(() => structuredClone({ job: [event] }), wanted);
    assert.throws(() => port1.postMessage(event), wanted);
    port1.close();
  });

  test("dispatch refuses what is none", async () => {
    for (const copy of [
      { ...event },
      Object.assign({}, event),
      JSON.parse(JSON.stringify(event)),
      lodash.cloneDeep(event),
      new Proxy(event, {}),
      event.serialize(),
    ]) {
      await assert.rejects(hooks.dispatch(copy), refused);
    }
  });

  test("fields of a copy or a proxy", () => {
    for (const copy of [lodash.cloneDeep(event), new Proxy(event, {}), Object.create(event)]) {
      for (const field of Object.keys(seen(event))) {
        assert.throws(() => copy[field], refused, field);
      }
      assert.throws(() => copy.serialize(), refused);
      assert.throws(() => JSON.stringify(copy), refused);
      assert.match(inspect(copy, { showProxy: false }), /^WebhookEvent </);
    }
  });

  test("an event of a second copy of the package is one", async () => {
    const require = createRequire(import.meta.url);
    const entry = require.resolve("tink-webhooks");
    const here = Object.keys(require.cache).filter((file) => file.startsWith(path.dirname(entry)));
    const saved = here.map((file) => [file, require.cache[file]]);
    for (const file of here) delete require.cache[file];
    const second = require(entry);
    for (const [file, module] of saved) require.cache[file] = module;
    assert.notEqual(second.WebhookEvent, WebhookEvent);
    const foreign = new second.WebhookHandler({ secret: ["other", SECRET] }).constructEvent(
      BODY,
      generateSignature(BODY, SECRET),
    );
    const worker = new WebhookHandler({ secret: "of no use" });
    const ran = [];
    worker.on("*", (given) => ran.push(given));
    await worker.dispatch(foreign);
    assert.ok(ran[0] instanceof WebhookEvent);
    assert.deepEqual(seen(ran[0]), seen(foreign));
  });

  test("an error keeps its message in a structured clone, and nothing else", () => {
    const error = new InvalidConfigError({
      kind: "invalid_config",
      reason: "invalid_option",
      status: 500,
      message: "m",
    });
    const { kind, reason, message } = structuredClone(error);
    assert.deepEqual([kind, reason, message], [undefined, undefined, "m"]);
  });
});
