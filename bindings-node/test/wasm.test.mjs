// The package over WebAssembly: the same answers as with the native library, and what is left in the module's memory.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { types } from "node:util";
import vm from "node:vm";
import * as esbuild from "esbuild";
import fc from "fast-check";
import native from "../dist/index.js";
import { connect } from "../dist/wasm.js";
import { keysOf } from "./keys.mjs";

const edge = await import("../dist/edge/inline/index.mjs");
const dist = (name) => new URL(`../dist/${name}`, import.meta.url);
const [module, larger] = ["tink_webhooks.wasm", "tink_webhooks_explain.wasm"].map(
  (name) => new WebAssembly.Module(readFileSync(dist(name))),
);
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
const NOW = 1_767_225_600;
/** How to give a secret, at the end of the error that there is none. */
const WAYS = /; (where there is none|this runtime has no environment).*/;

/** What a call gives or throws, as far as both packages can be asked for it. */
function outcome(call) {
  try {
    return shown(call());
  } catch (error) {
    const { name, kind, reason, status, age, tolerance, hint } = error;
    return { name, kind, reason, status, age, tolerance, hint, message: error.message.replace(WAYS, "") };
  }
}

function shown(given) {
  if (typeof given !== "object" || given === null || !("serialize" in given)) return given;
  const { type, name, data, context, userId, externalUserId, timestamp, raw, verification, idempotencyKey } = given;
  const rawBody = Buffer.from(given.rawBody).toString("hex");
  const text = given.serialize();
  return {
    type,
    name,
    data,
    context,
    userId,
    externalUserId,
    timestamp,
    raw,
    verification,
    idempotencyKey,
    rawBody,
    text,
  };
}

describe("the same as the native library", () => {
  const options = { clock: () => NOW * 1_000 };
  const [over, with_] = [edge, native].map(
    ({ WebhookHandler }) => new WebhookHandler({ ...options, secret: [SECRET, "b"] }),
  );
  const both = (call) =>
    assert.deepEqual(
      outcome(() => call(over, edge)),
      outcome(() => call(with_, native)),
    );

  const json = fc.json({ maxDepth: 6 });
  const event = fc
    .record({
      event: fc.constantFrom(
        "payment:updated",
        "refresh:finished",
        "reports-generation:completed",
        "new:one",
        "test",
        "ü",
      ),
      context: fc.option(fc.dictionary(fc.constantFrom("userId", "externalUserId", "x"), fc.jsonValue())),
      content: fc.oneof(
        fc.jsonValue(),
        fc.record({ id: fc.string({ unit: "binary" }), updated: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
        fc.record({
          reports: fc.array(fc.record({ id: fc.jsonValue(), status: fc.constantFrom("CREATED", "FAILED") })),
        }),
      ),
      timestamp: fc.option(fc.oneof(fc.integer(), fc.constant("2026-01-01T00:00:00Z"), fc.jsonValue())),
    })
    .map((payload) => JSON.stringify(payload));
  const body = fc.oneof(
    { weight: 4, arbitrary: event },
    json,
    fc.string({ unit: "binary" }),
    fc
      .string({ unit: "grapheme", minLength: 3_000, maxLength: 9_000 })
      .map((text) => JSON.stringify({ event: "a:b", text })),
  );

  test("any signed body, and any other header", () => {
    const header = fc.oneof(
      fc.constantFrom(undefined, null, "", " ", `t=${NOW},v1=`, "t=1,t=2", "ab".repeat(32)),
      fc.string(),
      fc.tuple(
        fc.integer({ min: NOW - 400, max: NOW + 400 }),
        fc.constantFrom(SECRET, "b", "c"),
        fc.constantFrom("v1", "body"),
      ),
    );
    const arrays = fc.constantFrom("text", "bytes", "buffer");
    fc.assert(
      fc.property(body, header, arrays, (text, given, form) => {
        const [bytes] = [Buffer.from(text)];
        const raw = { text, bytes, buffer: Uint8Array.from(bytes).buffer }[form];
        both((_, { generateSignature }) => {
          if (!Array.isArray(given)) return given;
          const [timestamp, secret, scheme] = given;
          return generateSignature(raw, secret, { timestamp, scheme });
        });
        let signature = given;
        if (Array.isArray(given)) {
          const [timestamp, secret, scheme] = given;
          signature = outcome(() => native.generateSignature(raw, secret, { timestamp, scheme }));
          if (typeof signature !== "string") signature = "none"; // a body that scheme `body` does not sign
        }
        both((hooks) => hooks.constructEvent(raw, signature));
        both((hooks) => hooks.verifySignature(raw, signature));
        both((hooks) => hooks.parseEvent(raw));
      }),
      { numRuns: 400 },
    );
  });

  test("every byte in every lane of the scanner, in a string and beside a number", () => {
    const at = (before, byte, behind) => Buffer.concat([Buffer.from(before), Buffer.of(byte), Buffer.from(behind)]);
    for (let lane = 0; lane < 64; lane += 1) {
      const digits = "1".repeat(lane);
      for (let byte = 0; byte < 256; byte += 1) {
        for (const raw of [
          at(`{"event":"a:b","content":{"a":"${"b".repeat(lane)}`, byte, `","c":"d"}}`),
          at(`{"event":"a:b","content":{"a":${digits}`, byte, `,"c":[${digits}1]}}`),
        ]) {
          const [one, other] = [over, with_].map((hooks) => outcome(() => hooks.parseEvent(raw).raw));
          assert.deepEqual(one, other, raw.toString("latin1"));
        }
      }
    }
  });

  test("any text of an event", () => {
    const text = fc.oneof(
      body.map((text) =>
        outcome(() => native.WebhookEvent.deserialize(native.WebhookEvent.deserialize(text).serialize()).serialize()),
      ),
      event.map((body) => JSON.stringify({ version: 2, timestamp: 1, body })),
      json,
    );
    fc.assert(
      fc.property(text, (text) => both((_, { WebhookEvent }) => WebhookEvent.deserialize(text))),
      { numRuns: 200 },
    );
  });

  test("large bodies: ASCII, not ASCII, shared memory, over the cap", () => {
    for (const filler of ["x", "ü", "€", "😀"]) {
      const text = JSON.stringify({ event: "a:b", content: { filler: filler.repeat(200_000) } });
      const shared = new Uint8Array(new SharedArrayBuffer(Buffer.byteLength(text)));
      shared.set(Buffer.from(text));
      for (const raw of [text, Buffer.from(text), shared]) {
        const signature = native.generateSignature(raw, SECRET, { timestamp: NOW });
        both((hooks) => hooks.constructEvent(raw, signature));
      }
    }
    both((hooks) => hooks.constructEvent("x".repeat(3_000_000), "none"));
  });

  test("options, keys and their errors", () => {
    for (const options of [
      { secret: "" },
      { secret: [] },
      { secret: [""] },
      { secret: "a " },
      { secret: "a\0b" },
      { secret: "a", tolerance: -1 },
      { secret: "a", tolerance: Number.NaN },
      { secret: "a", schemes: [] },
      { secret: "a", schemes: ["v2"] },
      { secret: "a", maxBodyBytes: 0.5 },
      { secret: "a", maxBodyBytes: 0 },
      { secret: () => "", schemes: ["v0"] },
      { secret: "a", tolerence: 5 },
    ]) {
      both((_, { WebhookHandler }) => typeof new WebhookHandler(options));
    }
    for (const key of [
      "account:updated",
      "account_updated",
      "*",
      "unknown",
      "acount:updated",
      "all",
      "",
      "x",
      "a:b",
      "\ud800",
    ]) {
      both((_, { Dispatcher }) => Object.keys(new Dispatcher().on(key, () => {}).getHandlers()));
      both((_, { Dispatcher }) => new Dispatcher().unregisterHandlers(key));
    }
    assert.equal(edge.version, native.version);
  });

  test("a secret that is left out: there is no environment, and the error says so", () => {
    assert.throws(
      () => new edge.WebhookHandler(),
      /secret_not_configured|no environment that the library could read.*env\./,
    );
  });

  test("an event of one is dispatched by the other", async () => {
    const seen = [];
    const text = '{"event":"account:updated","context":{"userId":"u1"}}';
    for (const [made, ran] of [
      [edge, native],
      [native, edge],
    ]) {
      const worker = new ran.Dispatcher().on("account:updated", ({ userId }) => seen.push(userId));
      await worker.dispatch(new made.WebhookHandler({ secret: SECRET }).parseEvent(text));
    }
    assert.deepEqual(seen, ["u1", "u1"]);
  });
});

describe("the module", () => {
  test("imports nothing", () => {
    for (const one of [module, larger]) assert.deepEqual(WebAssembly.Module.imports(one), []);
  });

  /** An instance, the package's native half over it, and what is in its memory. */
  function instance() {
    const { exports } = new WebAssembly.Instance(module);
    const bytes = () => Buffer.from(exports.memory.buffer);
    return { exports, native: connect(exports), has: (part) => bytes().includes(part) };
  }

  /** A frame of a delivery, as `frame.ts` fills it. */
  function frame(body, signature) {
    const bytes = new Uint8Array(4_096);
    const numbers = new Float64Array(bytes.buffer);
    const [at, size] = [1_024, Buffer.from(signature).copy(bytes, 64)];
    numbers.set([2_048, 64, size, at, Buffer.from(body).copy(bytes, at), 0, NOW * 1_000]);
    return bytes;
  }

  /** More than are hashed together, and among them one that HMAC hashes first. */
  const several = [
    SECRET,
    "another secret of the same endpoint",
    ..."xyz".split("").map((letter) => letter.repeat(40)),
  ];
  several.push("longer than a block, ".repeat(5).trim());

  test("keeps no secret, and no key of a handler object that is released", () => {
    const { native, has } = instance();
    const state = native.create();
    const secrets = several.map((text) => Buffer.from(text));
    assert.equal(state.configure({ secrets, windowOff: false }), 0);
    const [body, key] = ['{"event":"account:updated"}', Buffer.from("a secret to sign with")];
    for (const secret of [...secrets, key]) {
      const signature = native.sign(Buffer.from(body), secret, "v1", NOW);
      assert.equal(state.construct(frame(body, signature)), secret === key ? 104 : 0);
    }
    for (const secret of [...secrets, key]) {
      assert.ok(!has(secret), "the secret itself");
      for (const pad of [0x36, 0x5c]) {
        assert.ok(!has(Buffer.from(secret.map((byte) => byte ^ pad))), "as HMAC pads it");
      }
    }
    const keys = keysOf(several);
    for (const kept of keys) assert.ok(has(kept), "what this test looks for is there while it is in use");
    state.release();
    for (const kept of [...keys, ...keysOf(["a secret to sign with"])]) assert.ok(!has(kept), "a key");
    assert.ok(has(body), "memory is what this test looks into");
  });

  test("keeps no key of a stream, however it ends", () => {
    const { exports, has } = instance();
    const [body, keys] = [Buffer.from('{"event":"account:updated"}'), keysOf(several)];
    const write = (bytes) => {
      Buffer.from(bytes).copy(Buffer.from(exports.memory.buffer), exports.arena(bytes.length));
      return bytes.length;
    };
    const begun = (handler) => {
      assert.equal(exports.stream_begin(handler, write(Buffer.from(`t=${NOW},v1=${"0".repeat(64)}`))), 0);
      return new Float64Array(exports.memory.buffer, exports.record(), 1)[0];
    };
    for (const count of several.keys()) {
      const handler = exports.create();
      const texts = several.slice(0, count + 1).flatMap((text) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(text.length);
        return [size, Buffer.from(text)];
      });
      const given = write(Buffer.concat(texts));
      assert.equal(exports.configure(handler, 1 | 8, count + 1, 0, 0, given), 0);
      const [finished, released] = [begun(handler), begun(handler)];
      for (const stream of [finished, released]) assert.equal(exports.stream_update(stream, write(body)), 0);
      exports.release(handler);
      assert.ok(has(keys[4 * count + 2]), "the outer key of a stream that has not ended");
      assert.equal(exports.stream_finish(finished, NOW * 1_000), 104);
      exports.stream_release(released);
      for (const kept of keys) assert.ok(!has(kept), `a key, of ${count + 1}`);
    }
  });

  test("releases what belongs to objects that are gone", async () => {
    const { exports, native } = instance();
    const configured = () =>
      assert.equal(native.create().configure({ secret: Buffer.from(SECRET), windowOff: false }), 0);
    for (let round = 0; round < 20; round += 1) {
      for (let count = 0; count < 500; count += 1) configured();
      globalThis.gc();
      await turn();
      await turn();
    }
    // 10,000 objects that nobody releases would need some 200 pages.
    assert.ok(exports.memory.buffer.byteLength < 50 * 65_536, `${exports.memory.buffer.byteLength / 65_536} pages`);
  });

  test("its memory does not grow with the number of deliveries", () => {
    const { exports, native } = instance();
    const state = native.create();
    state.configure({ secret: Buffer.from(SECRET), windowOff: false });
    const bodies = [
      '{"event":"account:updated"}',
      JSON.stringify({ event: "a:b", content: "\u00fc\n".repeat(300) }),
      "{",
    ];
    const frames = bodies.map((body) => frame(body, native.sign(Buffer.from(body), Buffer.from(SECRET), "v1", NOW)));
    const outside = new Uint8Array(2_000_000);
    const work = (count) => {
      for (let done = 0; done < count; done += 1) {
        for (const frame of frames) state.construct(frame);
        native.readText(Buffer.from(native.serialize(Buffer.from(bodies[1]), 1, undefined)));
        if (done % 100 === 0) state.verify(frame("", "none"), outside);
        state.takeError();
      }
    };
    work(200);
    const before = exports.memory.buffer.byteLength;
    work(20_000);
    assert.equal(exports.memory.buffer.byteLength, before);
  });

  test("a trap is a clear error, and the module is not called again", () => {
    // (module (func (export "trap") unreachable))
    const bytes = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0,
      0, 11,
    ];
    const { trap } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports;
    const { exports } = new WebAssembly.Instance(module);
    let calls = 0;
    const count =
      (call) =>
      (...args) => {
        calls += 1;
        return call(...args);
      };
    const counted = Object.fromEntries(
      Object.entries(exports).map(([name, one]) => [name, name === "memory" ? one : count(one)]),
    );
    const native = connect({ ...counted, construct: trap });
    const [state, other] = [native.create(), native.create()];
    const clear =
      /a mistake inside tink-webhooks ended its WebAssembly module, which is not used again; please report it/;
    assert.throws(
      () => state.construct(frame("{}", "t=1")),
      (error) => clear.test(error.message) && error.cause instanceof WebAssembly.RuntimeError,
    );
    const before = calls;
    for (const call of [
      () => other.verify(frame("{}", "t=1")),
      () => state.takeError(),
      () => native.create(),
      () => native.version(),
    ]) {
      assert.throws(call, clear);
    }
    state.release();
    assert.equal(calls, before);
  });

  test("another protocol is refused", () => {
    assert.throws(() => connect({ protocol: () => 2 }), /module is that of another version; install the package again/);
  });
});

describe("the code for the edge", () => {
  const bundled = (contents) =>
    esbuild.build({
      stdin: { contents, resolveDir: new URL(".", import.meta.url).pathname },
      bundle: true,
      write: false,
      format: "iife",
      globalName: "made",
      logLevel: "silent",
    });

  test("runs where there is nothing of Node: no Buffer, no process, no require", async () => {
    const program = `
      import * as library from "../dist/edge/inline/index.mjs";
      import { webhookFetch } from "../dist/edge/inline/web.mjs";
      const hooks = new library.WebhookHandler({ secret: () => "s3cret", schemes: ["v1"] });
      export const ran = [];
      hooks.on("account:updated", (event) => ran.push(event.userId, event.rawBody.constructor.name));
      const body = '{"event":"account:updated","context":{"userId":"u1"}}';
      export const answered = Promise.all(["s3cret", "x"].map(async (secret) => {
        const headers = { "x-tink-signature": library.generateSignature(body, secret) };
        const request = new Request("https://a/", { method: "POST", headers, body });
        return (await webhookFetch(hooks, { logger: { warn() {}, error() {} } })(request)).status;
      }));`;
    const { outputFiles } = await bundled(program);
    const { atob, TextEncoder, TextDecoder, Request, Response, crypto, queueMicrotask, performance, console } =
      globalThis;
    const { setTimeout, clearTimeout } = globalThis;
    const web = { atob, TextEncoder, TextDecoder, Request, Response, crypto, queueMicrotask, performance, console };
    const context = vm.createContext({ ...web, setTimeout, clearTimeout, WebAssembly, Uint8Array });
    vm.runInContext(outputFiles[0].text, context);
    const { answered, ran } = vm.runInContext("made", context);
    assert.deepEqual([...(await answered)], [200, 401]);
    assert.deepEqual([...ran], ["u1", "Uint8Array"]);
  });

  test("tells values apart as Node does, and sizes, writes and decodes texts alike", async () => {
    const { outputFiles } = await bundled('export * from "../ts/edge/runtime.ts";');
    const runtime = new Function(`${outputFiles[0].text}; return made;`)();
    class Sub extends Uint8Array {}
    const values = [
      ...[
        null,
        undefined,
        1,
        "text",
        {},
        [],
        Symbol(),
        () => {},
        function* () {},
        async function* () {},
        async () => {},
      ],
      ...[new Uint8Array(1), Buffer.alloc(1), new Sub(1), new Int8Array(1), new DataView(new ArrayBuffer(1))],
      ...[new ArrayBuffer(1), new SharedArrayBuffer(1), Object.create(Uint8Array.prototype), Promise.resolve()],
      // biome-ignore lint/suspicious/noThenProperty: what is to be told from a promise
      ...[{ [Symbol.toStringTag]: "Uint8Array" }, { then() {} }, new Proxy(new Uint8Array(1), {})],
    ];
    for (const name of [
      "isUint8Array",
      "isAnyArrayBuffer",
      "isSharedArrayBuffer",
      "isPromise",
      "isGeneratorFunction",
    ]) {
      for (const value of values)
        assert.equal(runtime[name](value), types[name](value), `${name} ${String(value?.constructor)}`);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = Buffer.from(text);
        assert.equal(runtime.byteLength(text), bytes.length);
        const into = new Uint8Array(bytes.length + 2);
        assert.equal(runtime.write(into, text, 1), bytes.length);
        assert.deepEqual(Buffer.from(into.subarray(1, -1)), bytes);
        assert.equal(runtime.toText(into, 1, bytes.length + 1), text);
        assert.equal(runtime.toHex(into, 1, bytes.length + 1), bytes.toString("hex"));
      }),
    );
  });
});
