// The handler object: arguments, events, dispatch. What is true of every binding is in the shared vectors.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { afterEach, describe, mock, test } from "node:test";
import { inspect } from "node:util";
import {
  generateSignature,
  getHandlers,
  HandlerError,
  handleWebhook,
  InvalidConfigError,
  InvalidPayloadError,
  InvalidSignatureError,
  on,
  TestWebhookError,
  UnavailableError,
  unregisterHandlers,
  verifySignature,
  version,
  WebhookError,
  WebhookEvent,
  WebhookHandler,
} from "tink-webhooks";
import { webhookFetch } from "tink-webhooks/web";

const SECRET = "67abc1e08fb64c92b450a13e0876330b";
const BODY = '{"event":"refresh:finished","context":{"userId":"hunter2"},"content":{"amount":23.00}}';
const sign = (body = BODY) => generateSignature(body, SECRET);
const make = (options = {}) => new WebhookHandler({ secret: SECRET, ...options });
const reason = (expected) => (error) => WebhookError.is(error) && error.reason === expected;

afterEach(() => {
  delete process.env.TINK_WEBHOOK_SECRET;
  unregisterHandlers("*");
});

describe("secret", () => {
  test("left out is the environment", () => {
    process.env.TINK_WEBHOOK_SECRET = ` new\n${SECRET} `;
    assert.equal(new WebhookHandler().verifySignature(BODY, sign()).secretIndex, 1);
    assert.equal(new WebhookHandler({ tolerance: 1 }).verifySignature(BODY, sign()).secretIndex, 1);
  });

  for (const secret of [undefined, null, "", [], new Uint8Array()]) {
    test(`given but ${inspect(secret)} is never the environment`, () => {
      process.env.TINK_WEBHOOK_SECRET = SECRET;
      assert.throws(() => new WebhookHandler({ secret }), reason("secret_not_configured"));
    });
  }

  test("not configured at all", () => {
    assert.throws(() => new WebhookHandler(), /TINK_WEBHOOK_SECRET/);
  });

  test("bytes and lists", () => {
    for (const secret of [Buffer.from(SECRET), [SECRET], ["other", new TextEncoder().encode(SECRET)]]) {
      make({ secret }).verifySignature(BODY, sign());
    }
  });

  test("anything else is a type error", () => {
    // biome-ignore lint/suspicious/noSparseArray: that is what is tried
    for (const secret of [1, {}, true, [1], [undefined], ["a", , "b"], new Array(2), new ArrayBuffer(3)]) {
      assert.throws(() => make({ secret }), TypeError);
    }
    assert.throws(() => make({ secret: "\ud800" }), reason("invalid_secret"));
  });
});

describe("a function as the secret", () => {
  test("is called at the first verification, and once", async () => {
    const give = mock.fn(() => ["other", SECRET]);
    const hooks = make({ secret: give });
    assert.equal(hooks.maxBodyBytes, 2_097_152);
    hooks.on("*", () => {});
    assert.equal(give.mock.callCount(), 0);
    assert.equal(hooks.verifySignature(BODY, sign()).secretIndex, 1);
    await hooks.handleWebhook(BODY, sign());
    assert.throws(() => hooks.verifySignature(BODY, "00"), reason("malformed_signature"));
    assert.equal(give.mock.callCount(), 1);
    assert.deepEqual(give.mock.calls[0].arguments, []);
  });

  test("may give one secret, as text or as bytes", () => {
    for (const secret of [SECRET, Buffer.from(SECRET)]) {
      assert.equal(make({ secret: () => secret }).verifySignature(BODY, sign()).secretIndex, 0);
    }
  });

  test("does not hide that another option is wrong, and the options hold", () => {
    const secret = () => assert.fail("it is called at the first verification");
    assert.throws(() => make({ secret, schemes: ["v0"] }), reason("invalid_option"));
    assert.throws(() => make({ secret, tolerance: -1 }), reason("invalid_tolerance"));
    assert.throws(() => make({ secret, tolerence: 1 }), TypeError);
    assert.equal(make({ secret, maxBodyBytes: 10 }).maxBodyBytes, 10);
    const hooks = make({ secret: () => SECRET, schemes: ["v1"], maxBodyBytes: 100 });
    assert.throws(
      () => hooks.verifySignature(BODY, generateSignature(BODY, SECRET, { scheme: "body" })),
      reason("scheme_not_allowed"),
    );
    assert.throws(() => hooks.verifySignature(" ".repeat(101), "00"), reason("body_too_large"));
  });

  test("that gives none or fails is a delivery's error, and is called again by the next one", async () => {
    const thrown = new SyntaxError(`Unexpected token in ${SECRET}`);
    const results = [undefined, null, "", [], new Uint8Array(), {}, [1], ["a", undefined], 5, Promise.reject(thrown)];
    results.push(() => {
      throw thrown;
    });
    let next;
    const hooks = make({ secret: () => (typeof next === "function" ? next() : next) });
    for (next of results) {
      await assert.rejects(hooks.handleWebhook(BODY, sign()), (error) => {
        assert.ok(error instanceof InvalidConfigError, inspect(next));
        assert.deepEqual([error.reason, error.status], ["secret_not_configured", 500]);
        assert.match(error.message, /^the function given as `secret` (failed|gave none|gave a promise|gave something)/);
        assert.ok(!error.message.includes(SECRET));
        assert.equal(error.cause, typeof next === "function" ? thrown : undefined);
        return true;
      });
    }
    next = " ";
    await assert.rejects(hooks.handleWebhook(BODY, sign()), reason("invalid_secret"));
    next = SECRET;
    assert.equal((await hooks.handleWebhook(BODY, sign())).name, "refresh:finished");
  });

  test("is what the error says to a program that has no secret yet", () => {
    for (const options of [undefined, {}, { secret: undefined }, { secret: "" }]) {
      assert.throws(() => new WebhookHandler(options), {
        reason: "secret_not_configured",
        message:
          "no webhook secret: give one, or set TINK_WEBHOOK_SECRET; a delivery is never accepted unchecked; where there " +
          "is none yet, as in `next build`, pass a function: { secret: () => process.env.TINK_WEBHOOK_SECRET }",
      });
    }
  });

  test("is warned of when it is known", async () => {
    const warn = mock.fn();
    const hooks = make({ secret: () => "new,old" });
    webhookFetch(hooks, { logger: { warn, error() {} } });
    assert.equal(warn.mock.callCount(), 0);
    assert.throws(() => hooks.verifySignature(BODY, sign()), reason("signature_mismatch"));
    assert.equal(warn.mock.callCount(), 1);
  });
});

describe("options", () => {
  for (const [options, expected] of [
    [{ tolerance: -1 }, "invalid_tolerance"],
    [{ tolerance: Number.NaN }, "invalid_tolerance"],
    [{ schemes: [] }, "invalid_option"],
    [{ schemes: ["v0"] }, "invalid_option"],
    [{ maxBodyBytes: 0 }, "invalid_option"],
    [{ maxBodyBytes: -1 }, "invalid_option"],
    [{ maxBodyBytes: 1.5 }, "invalid_option"],
    [{ maxBodyBytes: 1e300 }, "invalid_option"],
  ]) {
    test(inspect(options), () => assert.throws(() => make(options), reason(expected)));
  }

  for (const options of [
    { tolerance: "300" },
    { schemes: "v1" },
    { schemes: null },
    { schemes: [1] },
    { schemes: ["v1", undefined] },
    { schemes: new Array(1) },
    { maxBodyBytes: "1" },
    { clock: 1 },
    { clock: null },
    { tolerence: 1 },
  ]) {
    test(inspect(options), () => assert.throws(() => make(options), TypeError));
  }

  test("undefined is the default", () => {
    const hooks = make({ tolerance: undefined, schemes: undefined, maxBodyBytes: undefined, clock: undefined });
    assert.equal(hooks.maxBodyBytes, 2_097_152);
    assert.throws(() => new WebhookHandler(null), TypeError);
  });

  test("a clock that throws passes through, and is asked after the MAC has held, once", () => {
    let asked = 0;
    const hooks = make({
      clock: () => {
        asked += 1;
        throw new RangeError("stopped");
      },
    });
    assert.throws(() => hooks.verifySignature("other", sign()), reason("signature_mismatch"));
    assert.equal(asked, 0);
    assert.throws(() => hooks.constructEvent(BODY, sign()), RangeError);
    assert.equal(asked, 1);
  });

  test("a clock that does not give a time", () => {
    for (const value of [undefined, "now", Number.NaN, 1e300, 5n, new Date()]) {
      assert.throws(() => make({ clock: () => value }).verifySignature(BODY, sign()), reason("invalid_option"));
    }
  });

  test("a clock that uses the handler itself", () => {
    const other = '{"event":"account:updated"}';
    const hooks = make({
      clock: () => {
        make().constructEvent(other, sign(other));
        return Date.now();
      },
    });
    assert.equal(hooks.constructEvent(BODY, sign()).name, "refresh:finished");
  });
});

describe("signature", () => {
  test("an array of one, as some servers give it", () => {
    assert.equal(make().verifySignature(BODY, [sign()]).scheme, "v1");
    assert.throws(() => make().verifySignature(BODY, []), reason("missing_signature"));
    assert.throws(() => make().verifySignature(BODY, null), reason("missing_signature"));
    assert.throws(() => make().verifySignature(BODY, [sign(), sign()]), reason("malformed_signature"));
  });

  test("not ASCII", () => {
    for (const header of ["é", "\ud800", `${sign()}\u0131`, `t=1,v1=${"\u0131".repeat(64)}`]) {
      assert.throws(() => make().verifySignature(BODY, header), reason("malformed_signature"));
    }
  });

  test("long ones", () => {
    assert.throws(() => make().verifySignature(BODY, "é".repeat(100_000)), reason("malformed_signature"));
    assert.throws(() => make().verifySignature(BODY, " ".repeat(100_000)), reason("missing_signature"));
    assert.equal(make().verifySignature(BODY, `${sign()},${"x".repeat(2_000)}`).scheme, "v1");
  });

  test("the size of the body is checked before the header", () => {
    assert.throws(() => make({ maxBodyBytes: 2 }).verifySignature("123", [sign(), sign()]), reason("body_too_large"));
  });

  test("anything else is a type error", () => {
    for (const header of [1, {}, [1], Buffer.from(sign()), new Headers()]) {
      assert.throws(() => make().verifySignature(BODY, header), TypeError);
    }
  });
});

describe("event", () => {
  test("objects are made once", () => {
    const event = make().constructEvent(BODY, sign());
    assert.equal(event.data, event.data);
    assert.equal(event.context, event.context);
    assert.equal(event.raw, event.raw);
    assert.deepEqual(event.raw, JSON.parse(BODY));
    assert.equal(event.verification, event.verification);
    assert.equal(make().parseEvent(BODY).verification, undefined);
  });

  test("output shows neither payload nor secret", () => {
    const hooks = make();
    const event = hooks.constructEvent(BODY, sign());
    void event.data;
    const shown = [
      inspect(event),
      inspect({ event }, { depth: 9, showHidden: true }),
      JSON.stringify(event),
      `${event}`,
    ];
    shown.push(inspect(hooks, { depth: 9, showHidden: true }), JSON.stringify(hooks));
    assert.match(shown[0], /refresh:finished/);
    for (const hidden of ["hunter2", SECRET, sign().slice(-64)]) {
      assert.ok(!shown.join().includes(hidden), hidden);
    }
  });
});

describe("handlers", () => {
  test("several types, and the object back", () => {
    const hooks = make();
    const handler = () => {};
    assert.equal(hooks.on(["refresh:finished", "account_updated"], handler).on("*", handler), hooks);
    assert.deepEqual(
      { ...hooks.getHandlers() },
      { refresh_finished: [handler], account_updated: [handler], "*": [handler] },
    );
    hooks.unregisterHandlers("*");
    hooks.on("*", handler);
    assert.deepEqual(hooks.getHandlers()["*"], [handler]);
  });

  test("wrong types", () => {
    assert.throws(() => make().on("*", "handler"), TypeError);
    assert.throws(() => make().on(1, () => {}), TypeError);
    assert.throws(() => make().on("\ud800:a", () => {}), reason("unknown_event_type"));
    assert.throws(() => make().on("refresh:finnished", () => {}), /did you mean "refresh:finished"/);
  });

  test("names of Object.prototype are ordinary names", async () => {
    const ran = [];
    const hooks = make().on("unknown", (event) => ran.push(event.name));
    for (const name of ["constructor", "__proto__", "toString"]) {
      const body = JSON.stringify({ event: name });
      await hooks.handleWebhook(body, sign(body));
    }
    assert.deepEqual(ran, ["constructor", "__proto__", "toString"]);
    assert.equal(Object.getPrototypeOf(hooks.getHandlers()), null);
  });

  test("failures of every kind are kept, and stop no other handler", async () => {
    const ran = [];
    const hooks = make()
      .on("*", () => {
        ran.push(1);
        throw new Error("one");
      })
      .on("*", async () => {
        ran.push(2);
        await null;
        throw "two";
      })
      .on("*", () => ({
        // biome-ignore lint/suspicious/noThenProperty: what is awaited need not be a promise
        get then() {
          throw new Error("three");
        },
      }))
      .on("*", () => ran.push(4));
    await assert.rejects(hooks.handleWebhook(BODY, sign()), (error) => {
      assert.ok(error instanceof HandlerError);
      assert.deepEqual(
        [error.kind, error.reason, error.status, error.name],
        ["handler_failed", "handler_failed", 500, "HandlerError"],
      );
      assert.deepEqual(
        error.errors.map((each) => each.message ?? each),
        ["one", "two", "three"],
      );
      assert.equal(error.event.name, "refresh:finished");
      return true;
    });
    assert.deepEqual(ran, [1, 2, 4]);
  });

  test("a dispatch runs what it began with", async () => {
    const ran = [];
    const hooks = make();
    hooks.on("*", () => {
      ran.push("first");
      hooks.unregisterHandlers("*");
      hooks.on("*", () => ran.push("late"));
    });
    hooks.on("*", () => ran.push("second"));
    const event = await hooks.handleWebhook(BODY, sign());
    assert.deepEqual(ran, ["first", "second"]);
    await hooks.dispatch(event);
    assert.deepEqual(ran, ["first", "second", "late"]);
  });

  test("dispatch takes events only", async () => {
    await assert.rejects(make().dispatch({ name: "a:b" }), TypeError);
    await assert.rejects(make().dispatch(Object.create(WebhookEvent.prototype)), TypeError);
  });
});

describe("default handler", () => {
  test("it needs its secret at the first verification", async () => {
    const ran = [];
    on("*", (event) => ran.push(event.name));
    assert.equal(getHandlers()["*"].length, 1);
    await assert.rejects(handleWebhook(BODY, sign()), reason("secret_not_configured"));
    process.env.TINK_WEBHOOK_SECRET = SECRET;
    await handleWebhook(BODY, sign());
    assert.deepEqual(ran, ["refresh:finished"]);
  });

  test("it has the functions of an object, and its options are given once", () => {
    const program = `
      const tink = require("tink-webhooks");
      const ran = [];
      tink.on("*", (event) => ran.push(event.name));
      tink.configure({ schemes: ["body"] });
      tink.configure({ schemes: ["v1"] }); // until the first verification
      process.env.TINK_WEBHOOK_SECRET = "old s3cret";
      const body = '{"event":"refresh:finished"}';
      const signature = tink.generateSignature(body, "s3cret");
      (async () => {
        const event = tink.constructEvent(body, signature);
        await tink.dispatch(event);
        await tink.dispatch(tink.parseEvent(body));
        await tink.handleWebhook(body, signature);
        const reasons = [];
        for (const call of [
          () => tink.constructEvent(body, tink.generateSignature(body, "s3cret", { scheme: "body" })),
          () => tink.configure({ tolerance: 1 }),
        ]) {
          try { call(); } catch (error) { reasons.push(error.reason); }
        }
        console.log(JSON.stringify([event.verification.secretIndex, ran.length, ...reasons]));
      })();`;
    const printed = execFileSync(process.execPath, ["--eval", program], { cwd: import.meta.dirname, env: {} });
    assert.deepEqual(JSON.parse(printed), [1, 3, "scheme_not_allowed", "invalid_option"]);
  });

  test("verifySignature", () => {
    assert.equal(verifySignature(BODY, sign(), SECRET).scheme, "v1");
    assert.throws(() => verifySignature(BODY, sign(), undefined), reason("secret_not_configured"));
    assert.throws(() => verifySignature(BODY, sign(), [SECRET], { schemes: ["body"] }), reason("scheme_not_allowed"));
  });
});

describe("errors", () => {
  test("one class per kind", () => {
    assert.throws(() => make().verifySignature(BODY, undefined), InvalidSignatureError);
    assert.throws(() => make().parseEvent("[]"), InvalidPayloadError);
    assert.throws(() => make().parseEvent('{"event":"test"}'), TestWebhookError);
    assert.throws(() => make({ tolerance: -1 }), InvalidConfigError);
    assert.equal(WebhookError.is(new Error("other")), false);
  });

  test("age and tolerance", () => {
    const hooks = make({ clock: () => 1_700_000_400_000 });
    const header = generateSignature(BODY, SECRET, { timestamp: 1_700_000_000 });
    assert.throws(() => hooks.verifySignature(BODY, header), { reason: "timestamp_too_old", age: 400, tolerance: 300 });
  });
});

describe("signing", () => {
  test("times", () => {
    const expected = generateSignature(BODY, SECRET, { timestamp: 1_767_600_405 });
    assert.equal(generateSignature(BODY, SECRET, { timestamp: new Date(1_767_600_405_999) }), expected);
    for (const timestamp of [Number.NaN, -1, 1e300, new Date(Number.NaN)]) {
      assert.throws(() => generateSignature(BODY, SECRET, { timestamp }), reason("invalid_option"));
    }
    for (const timestamp of ["now", {}, 5n]) {
      assert.throws(() => generateSignature(BODY, SECRET, { timestamp }), TypeError);
    }
  });
});

/** An object with this `then`. */
// biome-ignore lint/suspicious/noThenProperty: it is what is tested
const having = (descriptor) => Object.defineProperty({}, "then", descriptor);

test("what a handler returns is waited for if it is a thenable, and holds up nobody otherwise", async () => {
  const hooks = make();
  const event = hooks.constructEvent(BODY, sign());
  const ran = [];
  hooks.on("*", () => ran.push("a number") && 7);
  hooks.on("*", () => ran.push("an object") && having({ value: "no function" }));
  hooks.on("*", () => {
    ran.push("a thenable");
    return having({ value: (done) => setImmediate(() => done(ran.push("its end"))) });
  });
  hooks.on("*", () => ran.push("behind it"));
  const dispatched = hooks.dispatch(event);
  assert.deepEqual(ran, ["a number", "an object", "a thenable"]);
  await dispatched;
  assert.deepEqual(ran.slice(3), ["its end", "behind it"]);
});

test("a result whose `then` throws has failed", async () => {
  const hooks = make();
  const broken = new Error("of a getter");
  const get = () => {
    throw broken;
  };
  hooks.on("*", () => having({ get }));
  await assert.rejects(
    hooks.dispatch(hooks.constructEvent(BODY, sign())),
    (error) => error instanceof HandlerError && error.errors[0] === broken,
  );
});

test("the version is the package's", async () => {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  assert.equal(version, manifest.version);
});

describe("warnings", () => {
  const QUOTED = '"67abc1e08fb64c92b450a13e0876330b"';
  const tick = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  test("of a secret and of names that Tink does not send go to the logger of an adapter, once", async () => {
    const lines = [];
    const logger = { warn: (...given) => lines.push(given), error() {} };
    const hooks = new WebhookHandler({ secret: ["new,old", QUOTED, "a,b"] });
    hooks.on(["transaction:created", "refresh:finished", "consent:signed"], () => {});
    webhookFetch(hooks, { logger });
    webhookFetch(hooks, { logger: { warn: () => assert.fail("told twice"), error() {} } });
    hooks.on("transaction:created", () => {}).on("credentials.created", () => {});
    await tick();
    assert.deepEqual(
      lines.map(([text, fields]) => [text.match(/a comma|quotes|"[a-z:.]+"/)[0], fields]),
      [
        ["a comma", { code: "TINK_WEBHOOKS_SECRET" }],
        ["quotes", { code: "TINK_WEBHOOKS_SECRET" }],
        ['"transaction:created"', { code: "TINK_WEBHOOKS_EVENT_TYPE" }],
        ['"credentials.created"', { code: "TINK_WEBHOOKS_EVENT_TYPE" }],
      ],
    );
    assert.ok(lines.every(([text]) => text.startsWith("tink webhook: ") && !/new,old|67abc|a,b/.test(text)));
  });

  test("go to process.emitWarning without a logger, once in a process", async () => {
    const warnings = [];
    const listen = (warning) => warnings.push(warning);
    process.on("warning", listen);
    for (let times = 0; times < 3; times += 1) {
      const hooks = new WebhookHandler({ secret: QUOTED });
      webhookFetch(hooks, { logger: console });
      hooks.on("consent:revoked", () => {});
      const body = '{"event":"a:b"}';
      verifySignature(body, generateSignature(body, QUOTED), QUOTED);
      await tick();
    }
    process.off("warning", listen);
    assert.deepEqual(
      warnings.map(({ name, code }) => [name, code]),
      [
        ["TinkWebhooksWarning", "TINK_WEBHOOKS_SECRET"],
        ["TinkWebhooksWarning", "TINK_WEBHOOKS_EVENT_TYPE"],
      ],
    );
    assert.match(warnings[0].message, /quotes at both ends/);
    assert.match(warnings[1].message, /"consent:revoked": Tink's documentation knows no event of this name/);
  });

  test("whose logger fails do no harm, and usual configurations have none", async () => {
    const logger = mock.fn(() => {
      throw new Error("no disk");
    });
    const hooks = new WebhookHandler({ secret: QUOTED });
    webhookFetch(hooks, { logger: { warn: logger, error() {} } });
    assert.equal(logger.mock.callCount(), 1);
    const warn = mock.fn();
    const usual = new WebhookHandler({ secret: SECRET }).on(["refresh:finished", "unknown", "*", "a:b"], () => {});
    webhookFetch(usual, { logger: { warn, error() {} } });
    await tick();
    assert.equal(warn.mock.callCount(), 0);
  });
});

describe("generators", () => {
  const body = '{"event":"account:created"}';
  const made = () => new WebhookHandler({ secret: "s3cret" });

  test("a generator function is refused when it is registered", () => {
    const hooks = made();
    for (const wrong of [function* () {}, async function* () {}, { *method() {} }.method]) {
      assert.throws(() => hooks.on("account:created", wrong), { name: "TypeError", message: /generator function/ });
      assert.throws(() => hooks.registerHandler("*", wrong), TypeError);
    }
    assert.deepEqual(Object.keys(hooks.getHandlers()), []);
  });

  test("an iterator that a handler returns is a failure, and the other handlers run", async () => {
    async function* pages() {}
    function* items() {}
    const compiled = { next: () => ({ done: true }), [Symbol.iterator]: () => compiled };
    for (const returned of [items(), pages(), Promise.resolve(pages()), compiled]) {
      const hooks = made();
      let ran = 0;
      hooks.on("account:created", () => returned).on("*", () => (ran += 1));
      const failed = await hooks.dispatch(hooks.parseEvent(body)).catch((error) => error);
      assert.equal(failed.reason, "handler_failed");
      assert.match(failed.errors[0].message, /returned an iterator, which nobody pulls/);
      assert.deepEqual([failed.errors.length, ran], [1, 1]);
    }
  });

  test("anything else that is returned is no failure", async () => {
    const hooks = made();
    for (const value of [null, 0, "text", [1], new Map(), { next: 1 }, { next() {} }, Promise.resolve(null)]) {
      hooks.on("*", () => value);
    }
    await hooks.dispatch(hooks.parseEvent(body));
  });
});

test("a dispatch in which every failure is unavailable is so itself", () => {
  const payment = '{"event":"account:updated"}';
  const dispatched = async (...failures) => {
    const hooks = new WebhookHandler({ secret: "s3cret" });
    for (const failure of failures) {
      hooks.on("*", () => {
        throw failure;
      });
    }
    return hooks
      .dispatch(hooks.parseEvent(payment))
      .catch((error) => [error.kind, error.reason, error.status, error.errors.length]);
  };
  const busy = new UnavailableError({ kind: "unavailable", reason: "in_progress", status: 503, message: "busy" });
  return Promise.all([
    dispatched(busy, busy).then((found) => assert.deepEqual(found, ["unavailable", "in_progress", 503, 2])),
    dispatched(busy, new Error("away")).then((found) =>
      assert.deepEqual(found, ["handler_failed", "handler_failed", 500, 2]),
    ),
  ]);
});
