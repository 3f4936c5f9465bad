// Where refusals are reported: the hook, the logger, and the mistakes that either can make. One adapter is tested for
// all, as they share the code.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify from "fastify";
import { InvalidRequestError, on, unregisterHandlers, WebhookError, WebhookHandler } from "tink-webhooks";
import { webhookFunction } from "tink-webhooks/aws-lambda";
import { webhookHandler } from "tink-webhooks/express";
import { tinkWebhooks } from "tink-webhooks/fastify";
import { webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { webhookFetch } from "tink-webhooks/web";
import { event, SECRET, signed } from "./servers.mjs";

let hooks;
beforeEach(() => {
  hooks = new WebhookHandler({ secret: SECRET });
});

const silent = { warn() {}, error() {} };

async function receive(delivery, options = { logger: silent }, handler = hooks) {
  const request = new Request("https://localhost/", { method: "POST", ...delivery });
  const response = await webhookFetch(handler, options)(request);
  return [response.status, await response.text()];
}

const forged = signed(event("a:b"), "another");

describe("onError", () => {
  test("is awaited", async () => {
    let done = false;
    const onError = async () => {
      await sleep(20);
      done = true;
    };
    await receive(forged, { onError, logger: silent });
    assert.ok(done);
  });

  for (const [name, onError] of Object.entries({
    throws: () => {
      throw new Error("the hook is broken");
    },
    rejects: async () => {
      throw new Error("the hook is broken");
    },
  })) {
    test(`that ${name} is logged, and the answer stays`, async () => {
      const lines = [];
      const logger = { warn: () => {}, error: (line) => lines.push(line) };
      assert.deepEqual(await receive(forged, { onError, logger }), [401, "signature_mismatch\n"]);
      assert.match(lines[0], /^tink webhook: the onError hook failed\nError: the hook is broken\n {4}at /);
      assert.equal(lines.length, 1);
    });
  }
});

describe("what onError gets", () => {
  const get = async (request, options = {}) => {
    const seen = [];
    const receive = webhookFetch(hooks, { onError: (error) => seen.push(error), logger: silent, ...options });
    const { status } = await receive(request);
    const [error] = seen;
    assert.equal(seen.length, 1);
    assert.ok(error instanceof InvalidRequestError && WebhookError.is(error));
    assert.deepEqual([error.kind, error.status], ["invalid_request", status]);
    return [status, error.reason];
  };

  test("for another method, of which nothing is logged", async () => {
    const warn = mock.fn();
    const request = new Request("https://localhost/");
    assert.deepEqual(await get(request, { logger: { warn, error: warn } }), [405, "method_not_allowed"]);
    assert.equal(warn.mock.callCount(), 0);
  });

  test("for a body that did not arrive whole", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    const request = new Request("https://localhost/", { method: "POST", body, duplex: "half" });
    assert.deepEqual(await get(request), [408, "unreadable_body"]);
  });
});

test("hooks that never settle do not keep the answer, and are waited for together", async () => {
  const lines = [];
  const logger = { ...silent, error: (...given) => lines.push(given) };
  const never = () => new Promise(() => {});
  const started = Date.now();
  const answer = await receive(forged, { onError: never, onOutcome: never, logger });
  assert.deepEqual(answer, [401, "signature_mismatch\n"]);
  const passed = Date.now() - started;
  assert.ok(passed >= 2_900 && passed < 5_500, String(passed));
  for (const [index, hook] of ["onError", "onOutcome"].entries()) {
    const [line, fields] = lines[index];
    assert.match(line, new RegExp(`^tink webhook: the ${hook} hook is not done after 3000 ms`));
    assert.deepEqual(fields, { hook, kind: "invalid_signature", reason: "signature_mismatch", status: 401 });
  }
  assert.equal(lines.length, 2);
});

describe("onOutcome", () => {
  test("is awaited, after onError was called", async () => {
    const calls = [];
    const onError = () => calls.push("onError");
    const onOutcome = async () => {
      await sleep(20);
      calls.push("onOutcome");
    };
    await receive(forged, { onError, onOutcome, logger: silent });
    await receive(signed(event("a:b")), { onError, onOutcome, logger: silent });
    assert.deepEqual(calls, ["onError", "onOutcome", "onOutcome"]);
  });

  for (const [what, fails] of Object.entries({
    throws: () => {
      throw new Error("the hook is broken");
    },
    rejects: async () => {
      throw new Error("the hook is broken");
    },
  })) {
    test(`that ${what} is logged, is called once, and the answer stays`, async () => {
      for (const [delivery, answer] of [
        [signed(event("a:b")), [200, "ok\n"]],
        [forged, [401, "signature_mismatch\n"]],
      ]) {
        const lines = [];
        const onOutcome = mock.fn(fails);
        const logger = { warn: () => {}, error: (...given) => lines.push(given) };
        assert.deepEqual(await receive(delivery, { onOutcome, logger }), answer);
        assert.equal(onOutcome.mock.callCount(), 1);
        assert.match(lines[0][0], /^tink webhook: the onOutcome hook failed\nError: the hook is broken\n {4}at /);
        assert.equal(lines[0][1].hook, "onOutcome");
        assert.equal(lines.length, 1);
      }
    });
  }

  test("gets an object that it cannot change for others, without the request's data", async () => {
    let seen;
    await receive(signed(event("a:b", { iban: "SE35" }), SECRET, { scheme: "body" }), {
      onOutcome: (outcome) => {
        seen = outcome;
      },
    });
    assert.ok(Object.isFrozen(seen));
    assert.equal(typeof seen.duration, "number");
    assert.deepEqual(
      { ...seen, duration: 0 },
      {
        outcome: "handled",
        status: 200,
        kind: null,
        reason: null,
        eventType: "unknown",
        secretIndex: 0,
        age: null,
        duration: 0,
        error: undefined,
        commitLost: false,
      },
    );
  });

  test("counts the age by the handler object's clock, and does without a clock that fails", async () => {
    let calls = 0;
    for (const [clock, age] of [
      [() => 1_700_000_042_999, 42],
      [() => (++calls > 1 ? "noon" : 1_700_000_042_000), null],
    ]) {
      const seen = [];
      const handler = new WebhookHandler({ secret: SECRET, clock });
      const delivery = signed(event("a:b"), SECRET, { timestamp: 1_700_000_000 });
      await receive(delivery, { onOutcome: (outcome) => seen.push(outcome.age) }, handler);
      assert.deepEqual(seen, [age]);
    }
  });

  test("counts the reading of the body and the handlers in the duration", async () => {
    const durations = [];
    const options = { onOutcome: ({ duration }) => durations.push(duration), logger: silent };
    hooks.on("a:b", () => sleep(50));
    const { body, headers } = signed(event("a:b"));
    const pull = async (controller) => {
      await sleep(100);
      controller.enqueue(Buffer.from(body));
      controller.close();
    };
    const stream = new ReadableStream({ pull }, { highWaterMark: 0 });
    const request = new Request("https://localhost/", { method: "POST", body: stream, headers, duplex: "half" });
    assert.equal((await webhookFetch(hooks, options)(request)).status, 200);
    const app = Fastify();
    app.register(tinkWebhooks, { hooks, ...options });
    const read = async function* () {
      await sleep(100);
      yield Buffer.from(body);
    };
    const post = { method: "POST", url: "/webhooks/tink", payload: Readable.from(read()), headers };
    assert.equal((await app.inject(post)).statusCode, 200);
    for (const duration of durations) assert.ok(duration >= 145 && duration < 30_000, String(duration));
    assert.equal(durations.length, 2);
  });

  test("says failed where the clock throws", async () => {
    const clock = () => {
      throw new Error("no time");
    };
    const seen = [];
    const broken = new WebhookHandler({ secret: SECRET, clock });
    const options = { onOutcome: (outcome) => seen.push(outcome), logger: silent };
    assert.deepEqual(await receive(signed(event("a:b")), options, broken), [500, "invalid_option\n"]);
    const [{ outcome, status, kind, error }] = seen;
    assert.deepEqual([outcome, status, kind, seen.length], ["failed", 500, "invalid_config", 1]);
    assert.equal(error.cause.message, "no time");
  });
});

describe("the logger", () => {
  const methods = ["debug", "info", "log", "warn", "error"];
  let calls;

  beforeEach(() => {
    calls = [];
    for (const method of methods) {
      mock.method(console, method, (...given) => calls.push([method, ...given]));
    }
  });

  afterEach(() => mock.restoreAll());

  test("is the console, where test pings are quiet", async () => {
    await receive(forged, {});
    assert.match(calls[0][1], /signature_mismatch/);
    assert.equal(calls[0][0], "warn");
    hooks.on("a:b", () => {
      throw new Error("hunter2");
    });
    await receive(signed(event("a:b")), {});
    assert.equal(calls[1][0], "error");
    await receive(signed(event("test")), {});
    await receive(signed(event("c:d")), {});
    assert.equal(calls.length, 2);
  });

  test("of the user's is called as its method, with one text and its fields", async () => {
    class Own {
      lines = [];
      warn(...given) {
        this.lines.push(given);
      }
      error() {}
    }
    const logger = new Own();
    await receive(forged, { logger });
    assert.equal(logger.lines.length, 1);
    const [[text, fields, ...more]] = logger.lines;
    assert.match(text, /^tink webhook: signature_mismatch \(401\): /);
    assert.deepEqual(fields, { kind: "invalid_signature", reason: "signature_mismatch", status: 401 });
    assert.deepEqual(more, []);
    assert.deepEqual(calls, []);
  });

  test("gets the age and the event where there are some, and the console gets one text", async () => {
    const fields = [];
    const logger = { warn: (_, given) => fields.push(given), error: (_, given) => fields.push(given) };
    hooks.on(["refresh:finished", "a:b"], () => {
      throw new Error("hunter2");
    });
    const timestamp = Math.floor(Date.now() / 1_000) - 900;
    await receive(signed(event("a:b"), SECRET, { timestamp }), { logger });
    await receive(signed(event("refresh:finished")), { logger });
    const [old, failed] = fields;
    assert.ok(old.age >= 900 && old.age < 960 && failed.age >= 0 && failed.age < 60);
    assert.deepEqual(
      [
        { ...old, age: 900 },
        { ...failed, age: 0 },
      ],
      [
        { kind: "invalid_signature", reason: "timestamp_too_old", status: 401, age: 900 },
        { kind: "handler_failed", reason: "handler_failed", status: 500, age: 0, event: "refresh_finished" },
      ],
    );
    await receive(forged, { logger: console });
    assert.equal(calls[0].length, 2);
  });

  test("that fails changes no answer", async () => {
    const fails = () => {
      throw new Error("no disk");
    };
    assert.deepEqual(await receive(forged, { logger: { warn: fails, error: fails } }), [401, "signature_mismatch\n"]);
  });

  test("without info is quiet about test pings", async () => {
    assert.deepEqual(await receive(signed(event("test"))), [200, "test_webhook\n"]);
  });

  test("gets what handlers threw, with causes, and of other objects nothing", async () => {
    const lines = [];
    const thrown = [
      new Error("outer", { cause: new RangeError("inner") }),
      "a text",
      { secret: "hunter2" },
      null,
      undefined,
      Object.assign(new Error("no stack"), { stack: undefined }),
    ];
    for (const value of thrown) {
      hooks.on("a:b", () => {
        throw value;
      });
    }
    const seen = [];
    const options = { logger: { ...silent, error: (line) => lines.push(line) }, onError: (error) => seen.push(error) };
    assert.deepEqual(await receive(signed(event("a:b", { iban: "SE35" })), options), [500, "handler_failed\n"]);
    assert.deepEqual(seen[0].errors, thrown);
    const [line] = lines;
    assert.match(line, /Error: outer\n {4}at [\s\S]*caused by RangeError: inner\n {4}at [\s\S]*\na text\n/);
    assert.match(line, /\nan object that is no Error\n/);
    assert.match(line, /\nError: no stack$/);
    assert.ok(!line.includes("hunter2") && !line.includes("SE35") && !line.includes(SECRET));
  });

  test("and errors whose causes form a cycle", async () => {
    const error = new Error("round");
    error.cause = error;
    hooks.on("a:b", () => {
      throw error;
    });
    assert.deepEqual(await receive(signed(event("a:b"))), [500, "handler_failed\n"]);
  });
});

describe("the configuration", () => {
  afterEach(() => {
    delete process.env.TINK_WEBHOOK_SECRET;
    unregisterHandlers("*");
  });

  test("of the default handler is read when it is needed", async () => {
    const ran = [];
    on("*", (event) => ran.push(event.name));
    const request = () => new Request("https://localhost/", { method: "POST", ...signed(event("a:b")) });
    const errors = [];
    const receive = webhookFetch(undefined, { logger: silent, onError: (error) => errors.push(error.reason) });
    const refused = await receive(request());
    assert.deepEqual([refused.status, await refused.text()], [500, "secret_not_configured\n"]);
    assert.deepEqual(errors, ["secret_not_configured"]);
    const app = Fastify(); // whose parser needs the limit before the receiver does
    app.register(tinkWebhooks, { logger: silent });
    const answer = await app.inject({ method: "POST", url: "/webhooks/tink", ...payload(signed(event("a:b"))) });
    assert.deepEqual([answer.statusCode, answer.body], [500, "secret_not_configured\n"]);
    process.env.TINK_WEBHOOK_SECRET = SECRET;
    assert.equal((await receive(request())).status, 200);
    assert.deepEqual(ran, ["a:b"]);
  });

  const payload = ({ body, headers }) => ({ payload: body, headers });

  test("Fastify's inject", async () => {
    const app = Fastify();
    app.register(tinkWebhooks, { hooks, logger: silent });
    const send = (delivery) => app.inject({ method: "POST", url: "/webhooks/tink", ...payload(delivery) });
    assert.equal((await send(signed(event("a:b")))).body, "ok\n");
    assert.equal((await send(forged)).body, "signature_mismatch\n");
    assert.equal((await send(signed(" ".repeat(3_000_000)))).body, "body_too_large\n");
  });

  test("a clock that throws is no refusal", async () => {
    const clock = () => {
      throw new Error("no time");
    };
    const seen = [];
    const lines = [];
    const options = {
      onError: (error) => seen.push(error.kind, error.cause.message),
      logger: { ...silent, error: (line) => lines.push(line) },
    };
    const broken = new WebhookHandler({ secret: SECRET, clock });
    assert.deepEqual(await receive(signed(event("a:b")), options, broken), [500, "invalid_option\n"]);
    assert.deepEqual(seen, ["invalid_config", "no time"]);
    assert.match(lines[0], /^tink webhook: invalid_option \(500\): the clock .*\ncaused by Error: no time\n {4}at /);
  });

  test("a clock that throws something else than an Error", async () => {
    const clock = () => {
      throw "no time";
    };
    const seen = [];
    const options = { onError: (error) => seen.push(error), logger: silent };
    const broken = new WebhookHandler({ secret: SECRET, clock });
    assert.deepEqual(await receive(signed(event("a:b")), options, broken), [500, "invalid_option\n"]);
    assert.ok(seen[0] instanceof Error);
    assert.equal(seen[0].cause, "no time");
  });

  const makers = { webhookListener, webhookHandler, webhookMiddleware, webhookFetch, webhookFunction };
  for (const [name, make] of Object.entries(makers)) {
    test(`${name} refuses what it does not know`, () => {
      for (const wrong of [null, {}, "secret", { onError() {} }]) {
        assert.throws(() => make(wrong), /TypeError: hooks must be a WebhookHandler/);
      }
      assert.throws(() => make(hooks, { on_error() {} }), /TypeError: no such option: on_error/);
      assert.throws(() => make(hooks, { onError: 1 }), TypeError);
      assert.throws(() => make(hooks, { onOutcome: {} }), /TypeError: onOutcome must be a function/);
      for (const logger of [null, 1, {}, { warn() {} }]) {
        assert.throws(() => make(hooks, { logger }), TypeError);
      }
      for (const bodyTimeout of [0, -1, Number.NaN, 2 ** 31, "30"]) {
        assert.throws(() => make(hooks, { bodyTimeout }), /TypeError: bodyTimeout must be a number of milliseconds/);
      }
      make(hooks, { onError: undefined, logger: undefined, bodyTimeout: undefined });
      make(hooks, { bodyTimeout: null });
      make();
    });
  }

  test("the plugin refuses what it does not know", async () => {
    for (const options of [{ hook: hooks }, { hooks: {} }, { hooks, onerror() {} }]) {
      await assert.rejects(async () => await Fastify().register(tinkWebhooks, options), TypeError);
    }
    await Fastify().register(tinkWebhooks, { hooks, prefix: "/v1", logLevel: "warn", logSerializers: {} });
  });
});
