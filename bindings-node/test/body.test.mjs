// Bodies of every kind and size: what was verified is what is read, whatever becomes of the caller's memory.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { generateSignature, WebhookError, WebhookEvent, WebhookHandler } from "tink-webhooks";

const SECRET = "67abc1e08fb64c92b450a13e0876330b";
const BODY = '{"event":"refresh:finished","context":{"userId":"hunter2"},"content":{"amount":23.00}}';
const sign = (body = BODY) => generateSignature(body, SECRET);
const make = (options = {}) => new WebhookHandler({ secret: SECRET, ...options });
const reason = (expected) => (error) => WebhookError.is(error) && error.reason === expected;

describe("body", () => {
  /** The same event in some of the characters that V8 keeps in one byte or in two, small and large. */
  const events = ["a", "\u00e9", "\u0394", "\u{1f98a}"].flatMap((character) =>
    [1, 800, 70_000].map((count) => {
      const text = character.repeat(count);
      const payload = { event: `a:${character}`, content: { text, amount: 23 }, context: { userId: `u ${character}` } };
      return [`${count} of U+${character.codePointAt(0).toString(16)}`, JSON.stringify(payload)];
    }),
  );
  const kinds = {
    string: (text) => text,
    Buffer: (text) => Buffer.from(text),
    Uint8Array: (text) => new Uint8Array(Buffer.from(text)),
    "view with an offset": (text) => Buffer.from(`xx${text}yy`).subarray(2, -2),
    ArrayBuffer: (text) => new Uint8Array(Buffer.from(text)).buffer,
    "resizable ArrayBuffer": (text) => grow(new ArrayBuffer(0, { maxByteLength: 1_000_000 }), text).buffer,
    "shared memory": (text) => grow(new SharedArrayBuffer(0, { maxByteLength: 1_000_000 }), text),
    "WebAssembly's memory": (text) => {
      const size = Buffer.byteLength(text);
      const { buffer } = new WebAssembly.Memory({ initial: Math.ceil(size / 65_536) });
      Buffer.from(buffer).write(text);
      return new Uint8Array(buffer, 0, size);
    },
  };

  function grow(buffer, text) {
    const bytes = Buffer.from(text);
    (buffer.grow ?? buffer.resize).call(buffer, bytes.length);
    const view = new Uint8Array(buffer);
    view.set(bytes);
    return view;
  }

  const spoil = (body) => typeof body === "string" || (body.fill ? body : new Uint8Array(body)).fill(0x78);

  for (const [kind, give] of Object.entries(kinds)) {
    test(`${kind}: one that changes later changes nothing`, () => {
      const hooks = make();
      for (const [name, text] of events) {
        const expected = JSON.parse(text);
        for (const way of ["constructEvent", "parseEvent"]) {
          const body = give(text);
          assert.equal(hooks.verifySignature(body, sign(text)).scheme, "v1", name);
          const event = hooks[way](body, sign(text));
          spoil(body);
          assert.equal(event.rawBody.toString(), text, name);
          spoil(event.rawBody);
          assert.deepEqual(event.data, expected.content, name);
          assert.deepEqual(event.context, expected.context, name);
          assert.deepEqual(event.raw, expected, name);
          assert.deepEqual([event.name, event.userId], [expected.event, expected.context.userId]);
          const again = WebhookEvent.from(event.serialize());
          assert.deepEqual([again.raw, again.rawBody.toString()], [expected, text], name);
        }
      }
    });
  }

  test("one that changes at every await changes nothing", async () => {
    for (const [name, text] of events) {
      const body = Buffer.from(text);
      const seen = [];
      const hooks = make();
      for (const _ of "abc") {
        hooks.on("*", async (event) => {
          spoil(body);
          await undefined;
          spoil(event.rawBody);
          seen.push(JSON.parse(event.serialize()).body);
        });
        hooks.on("*", (event) => void seen.push(JSON.stringify(event.raw)));
      }
      const handled = hooks.handleWebhook(body, sign(text));
      spoil(body);
      assert.deepEqual((await handled).data, JSON.parse(text).content, name);
      assert.deepEqual(new Set(seen), new Set([text]), name);
    }
  });

  test("one that changes while the clock is asked is what was verified, or is refused", () => {
    for (const [name, text] of events) {
      const other = JSON.stringify({ event: "b:b", content: text });
      const length = Math.max(Buffer.byteLength(text), Buffer.byteLength(other));
      const changes = {
        "another event": (body) => body.fill(" ").write(other),
        detached: ({ buffer }) => structuredClone(buffer, { transfer: [buffer] }),
        shrunk: ({ buffer }) => buffer.resize(length / 2),
      };
      for (const [what, change] of Object.entries(changes)) {
        const body = Buffer.from(new ArrayBuffer(length, { maxByteLength: length })).fill(" ");
        body.write(text);
        const signature = sign(body);
        const clock = () => {
          change(body);
          return Date.now();
        };
        try {
          assert.deepEqual(make({ clock }).constructEvent(body, signature).raw, JSON.parse(text));
        } catch (error) {
          assert.equal(error.reason, "signature_mismatch", `${name}, ${what}: ${error}`);
        }
      }
    }
  });

  test("what is detached is no event", () => {
    for (const [name, text] of events) {
      const { buffer } = new Uint8Array(Buffer.from(text));
      const views = [buffer, new Uint8Array(buffer)];
      structuredClone(buffer, { transfer: [buffer] });
      for (const body of views) {
        assert.throws(
          () => make().constructEvent(body, sign(text)),
          (error) => error instanceof TypeError || error.reason === "signature_mismatch",
          name,
        );
      }
    }
  });

  test("strings are those of JSON.parse", () => {
    const hooks = make();
    const check = (parts, repeat) => {
      const text = `${parts.join("")}|`.repeat(repeat);
      const body = JSON.stringify({ event: "a:b", content: [text, ...parts], context: { userId: parts.join("") } });
      const event = hooks.parseEvent(Buffer.from(body));
      assert.deepEqual(event.data, [text, ...parts]);
      assert.equal(event.userId, parts.join("") || undefined);
      assert.equal(event.rawBody.toString(), body);
    };
    const edges = [0x7f, 0x80, 0xff, 0x100, 0x13f, 0x140, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff];
    const characters = edges.map((code) => String.fromCodePoint(code));
    for (const character of characters) {
      for (let before = 0; before < 34; before += 1) {
        check(["x".repeat(before), character], 1 + 8_000 / (before + 2));
      }
    }
    const part = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 3 }),
      fc.constantFrom(...characters),
      fc.nat(40).map((length) => "x".repeat(length)),
    );
    const numRuns = process.env.TEST_ALL ? 20_000 : 100;
    fc.assert(fc.property(fc.array(part, { maxLength: 40 }), fc.nat(600), check), { numRuns });
  });

  test("events keep their bodies while others come and go", () => {
    const hooks = make();
    const events = Array.from({ length: 3_000 }, (_, id) => {
      const body = JSON.stringify({
        event: "a:b",
        content: { id },
        context: { userId: `${"é".repeat(id % 50)}${id}` },
      });
      return hooks.constructEvent(body, sign(body));
    });
    for (const [id, event] of events.entries()) {
      assert.equal(event.data.id, id);
      assert.equal(event.userId, `${"é".repeat(id % 50)}${id}`);
      assert.match(event.verification.deliveryId, /^[0-9a-f]{32}$/);
    }
    assert.equal(new Set(events.map((event) => event.verification.deliveryId)).size, events.length);
  });

  test("a parsed body is a type error that says what to pass", async () => {
    for (const body of [{ event: "a:b" }, undefined, null, 1, [BODY], new Float64Array(2)]) {
      await assert.rejects(make().handleWebhook(body, sign()), (error) => {
        assert.ok(error instanceof TypeError);
        return /express\.raw.*req\.rawBody.*await request\.text\(\)/.test(error.message);
      });
    }
  });

  test("text with lone surrogates", () => {
    assert.throws(() => make().parseEvent('{"event":"\ud800"}'), reason("invalid_utf8"));
  });
});
