// `once` around handlers, and what adapters say of it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Dispatcher, HandlerError, UnavailableError, WebhookEvent, WebhookHandler } from "tink-webhooks";
import { MemoryStore, once } from "tink-webhooks/idempotency";
import { signedDelivery } from "tink-webhooks/testing";
import { webhookFetch } from "tink-webhooks/web";

const SECRET = "s3cret";
const eventOf = (name) =>
  new WebhookHandler({ secret: SECRET }).parseEvent(signedDelivery(name, { secret: SECRET }).body);
const payment = eventOf("payment:updated");
const signal = eventOf("account:updated");
const KEY = payment.idempotencyKey;

/** Counts what is asked of it, and fails or hangs on request. */
class Counted extends MemoryStore {
  asked = [];
  fails = {};
  hangs = new Set();

  #ask(name, given) {
    this.asked.push(name);
    if (this.hangs.has(name)) return new Promise(() => {});
    if (this.fails[name] > 0) {
      this.fails[name] -= 1;
      throw Object.assign(new Error("hunter2"), { code: "ECONNREFUSED" });
    }
    return super[name](...given);
  }
  claim(...given) {
    return this.#ask("claim", given);
  }
  commit(...given) {
    return this.#ask("commit", given);
  }
  release(...given) {
    return this.#ask("release", given);
  }
  extend(...given) {
    return this.#ask("extend", given);
  }

  count(name) {
    return this.asked.filter((one) => one === name).length;
  }
}

/** A store whose records can be thrown away. */
class Forgetting extends Counted {
  gone = false;
  commit(...given) {
    return this.gone ? false : super.commit(...given);
  }
  extend(...given) {
    return this.gone ? false : super.extend(...given);
  }
}

/** A logger, and what it was given. */
function logbook() {
  const lines = [];
  return {
    lines,
    warn: (...given) => lines.push(["warn", ...given]),
    error: (...given) => lines.push(["error", ...given]),
  };
}

const failing = () => {
  throw new RangeError("no such account");
};

describe("once", () => {
  for (const [kind, wrap] of Object.entries({ sync: (f) => f, async: (f) => async (event) => f(await event) })) {
    test(`runs once, ${kind}`, async () => {
      const store = new Counted();
      const ran = [];
      const book = once(
        store,
        "book",
        wrap((event) => {
          ran.push(event);
          return "booked";
        }),
      );
      assert.equal(await book(payment), "booked");
      for (let copy = 0; copy < 3; copy += 1) assert.equal(await book(payment), undefined);
      assert.deepEqual(ran, [payment]);
      assert.deepEqual(store.asked, ["claim", "commit", "claim", "claim", "claim"]);
    });

    test(`runs again after it failed, ${kind}`, async () => {
      const store = new Counted();
      let runs = 0;
      const book = once(
        store,
        "book",
        wrap(() => {
          runs += 1;
          if (runs === 1) failing();
        }),
      );
      await assert.rejects(book(payment), RangeError);
      await book(payment);
      await book(payment);
      assert.equal(runs, 2);
      assert.deepEqual(store.asked, ["claim", "release", "claim", "commit", "claim"]);
    });
  }

  test("signals always run", async () => {
    const store = new Counted();
    let runs = 0;
    const look = once(store, "look", () => {
      runs += 1;
    });
    for (let copy = 0; copy < 3; copy += 1) await look(signal);
    assert.equal(runs, 3);
    assert.deepEqual(store.asked, []);
  });

  test("scopes are apart: of two handlers one fails three times, and the other books once", async () => {
    const store = new Counted();
    const ran = { book: 0, mail: 0 };
    const hooks = new Dispatcher();
    hooks.on(
      "payment:updated",
      once(store, "book", () => {
        ran.book += 1;
      }),
    );
    hooks.on(
      "payment:updated",
      once(store, "mail", () => {
        ran.mail += 1;
        if (ran.mail < 4) failing();
      }),
    );
    for (let delivery = 0; delivery < 4; delivery += 1) await hooks.dispatch(payment).catch(() => {});
    assert.deepEqual(ran, { book: 1, mail: 4 });
  });

  test("the receiver's claim is not the worker's", async () => {
    const store = new MemoryStore();
    const [queue, booked] = [[], []];
    await once(store, "enqueue", (event) => queue.push(event.serialize()))(payment);
    await once(store, "book", (event) => booked.push(event))(WebhookEvent.deserialize(queue[0]));
    assert.equal(booked.length, 1);
  });

  test("a copy waits and is skipped", async () => {
    let runs = 0;
    const book = once(new Counted(), "book", async () => {
      await sleep(300);
      runs += 1;
    });
    const first = book(payment);
    await book(payment);
    assert.equal(runs, 1);
    await first;
    assert.equal(runs, 1);
  });

  test("a copy that waits takes over when the first one fails", async () => {
    let runs = 0;
    const book = once(new Counted(), "book", async () => {
      runs += 1;
      if (runs === 1) {
        await sleep(200);
        failing();
      }
    });
    const first = assert.rejects(book(payment), RangeError);
    await book(payment);
    await first;
    assert.equal(runs, 2);
  });

  test("it takes over from one that died", async () => {
    const store = new Counted();
    store.claim("book", KEY, "of a process that was killed", 1_000);
    let runs = 0;
    await once(store, "book", () => {
      runs += 1;
    })(payment);
    assert.equal(runs, 1);
    assert.ok(store.count("claim") > 4, "it asked again and again");
  });

  test("in_progress where the other one lives on, after its lease and a second", async () => {
    const store = new Counted();
    store.claim("book", KEY, "another", 500);
    const other = setInterval(() => MemoryStore.prototype.extend.call(store, "book", KEY, "another", 5_000), 50);
    const began = performance.now();
    try {
      await assert.rejects(once(store, "book", assert.fail)(payment), { reason: "in_progress", status: 503 });
    } finally {
      clearInterval(other);
    }
    assert.ok(performance.now() - began >= 1_400);
    assert.equal(store.count("release"), 0);
  });

  for (const options of [{ wait: 0 }, { maxWaiting: 0 }]) {
    test(`who need not wait: ${JSON.stringify(options)}`, async () => {
      const store = new Counted();
      store.claim("book", KEY, "another", 600_000);
      const book = once(store, "book", assert.fail, options);
      for (let copy = 0; copy < 3; copy += 1) {
        // The count of those that wait goes down again.
        await assert.rejects(
          book(payment),
          (error) => error instanceof UnavailableError && error.reason === "in_progress",
        );
      }
    });
  }

  test("no more wait than maxWaiting", async () => {
    const store = new Counted();
    store.claim("book", KEY, "another", 600_000);
    const book = once(store, "book", assert.fail, { maxWaiting: 2, wait: 500 });
    const reasons = await Promise.allSettled([book(payment), book(payment), book(payment)]);
    const crowded = reasons.filter(({ reason }) => /maxWaiting/.test(reason.message));
    assert.equal(crowded.length, 1);
  });

  test("a store that is away", async () => {
    const store = new Counted();
    store.fails.claim = 1;
    let runs = 0;
    const book = once(store, "book", () => {
      runs += 1;
    });
    await assert.rejects(book(payment), ({ kind, reason, cause }) => {
      assert.deepEqual([kind, reason, cause.code], ["unavailable", "store_unavailable", "ECONNREFUSED"]);
      return true;
    });
    assert.equal(runs, 0);
    await book(payment);
    assert.equal(runs, 1);
  });

  test("running without a store, and not without an answer", async () => {
    const store = new Counted();
    store.fails.claim = 2;
    const logger = logbook();
    let runs = 0;
    const run = () => {
      runs += 1;
    };
    const book = once(store, "book", run, { onStoreFailure: "run", logger });
    for (let copy = 0; copy < 4; copy += 1) await book(payment);
    assert.equal(runs, 3);
    assert.match(logger.lines[0][1], /runs without a claim, since the store cannot be asked: Error ECONNREFUSED$/);
    assert.doesNotMatch(JSON.stringify(logger.lines), /hunter2/);
    store.claim("other", KEY, "another", 60_000);
    const other = once(store, "other", run, { onStoreFailure: "run", wait: 0 });
    await assert.rejects(other(payment), { reason: "in_progress" });
  });

  test("a store that hangs is away, and what it claims later is given back", async () => {
    const store = new Counted();
    let answer;
    store.claim = (scope, key, token, lease) =>
      new Promise((resolve) => {
        answer = () => resolve(MemoryStore.prototype.claim.call(store, scope, key, token, lease));
      });
    const late = ({ reason, cause }) => reason === "store_unavailable" && cause.name === "LateError";
    await assert.rejects(once(store, "book", assert.fail)(payment), late);
    answer();
    await sleep(10);
    assert.deepEqual(store.asked, ["release"]);
    assert.equal(store.size, 0);
  });

  test("an answer that is none is not taken for one that is done", async () => {
    for (const found of [undefined, null, {}, { state: "Done" }, true]) {
      const store = Object.assign(new MemoryStore(), { claim: () => found });
      await assert.rejects(once(store, "book", assert.fail)(payment), TypeError);
    }
  });
});

describe("the lease", () => {
  test("is extended while the handler runs, and no longer", async () => {
    const store = new Counted();
    const book = once(
      store,
      "book",
      async () => {
        for (let round = 0; round < 25; round += 1) {
          await sleep(100);
          assert.equal(MemoryStore.prototype.claim.call(store, "book", KEY, "another", 1_000).state, "busy");
        }
      },
      { lease: 1_000 },
    );
    await book(payment);
    const beats = store.count("extend");
    assert.ok(beats >= 3, String(beats));
    await sleep(500);
    assert.equal(store.count("extend"), beats);
    assert.equal(store.claim("book", KEY, "another", 1_000).state, "done");
  });

  test("two copies at once, and a handler of 2.5 s under a lease of 1 s: it runs once", async () => {
    const store = new Counted();
    let running = 0;
    let runs = 0;
    const book = once(
      store,
      "book",
      async () => {
        running += 1;
        assert.equal(running, 1);
        await sleep(2_500);
        running -= 1;
        runs += 1;
      },
      { lease: 1_000, wait: 60_000 },
    );
    await Promise.all([book(payment), book(payment), book(payment)]);
    assert.equal(runs, 1);
  });

  test("ends with a handler that was cancelled", async () => {
    const store = new Counted();
    const stop = new AbortController();
    const book = once(store, "book", () => sleep(60_000, undefined, { signal: stop.signal }), { lease: 1_000 });
    const ended = assert.rejects(book(payment), { name: "AbortError" });
    await sleep(350);
    stop.abort();
    await ended;
    assert.equal(store.asked.at(-1), "release");
    const beats = store.count("extend");
    assert.ok(beats >= 1);
    await sleep(400);
    assert.equal(store.count("extend"), beats);
    assert.equal(store.claim("book", KEY, "another", 1_000).state, "claimed");
  });

  test("is extended for maxRun only: a handler that hangs is overtaken, and cannot commit", async () => {
    const store = new Counted();
    const logger = logbook();
    const hang = async () => {
      await sleep(2_200);
      assert.equal(store.claim("book", KEY, "another", 60_000).state, "claimed");
    };
    await once(store, "book", hang, { lease: 1_000, maxRun: 500, logger })(payment);
    const [late, lost] = logger.lines;
    assert.match(late[1], /^tink webhook: the handler of book runs longer than maxRun/);
    assert.match(lost[1], /commit_lost: the handler of book has run for .* another one has claimed it/);
    assert.deepEqual(lost[2], { reason: "commit_lost", scope: "book", key: KEY });
    assert.equal(store.claim("book", KEY, "a third", 1_000).state, "busy");
  });

  test("that was lost is noticed", async () => {
    const store = new Forgetting();
    const logger = logbook();
    const book = async () => {
      store.gone = true;
      await sleep(500);
    };
    await once(store, "book", book, { lease: 1_000, logger })(payment);
    assert.match(logger.lines[0][1], /the lease of book was lost while its handler runs/);
    assert.match(logger.lines[1][1], /commit_lost/);
    assert.equal(logger.lines.length, 2);
  });

  test("that could not be extended is extended by the next beat", async () => {
    const store = new Counted();
    store.fails.extend = 2;
    const logger = logbook();
    await once(store, "book", () => sleep(1_500), { lease: 1_000, logger })(payment);
    assert.match(logger.lines[0][1], /the lease of book was not extended: Error ECONNREFUSED$/);
    assert.equal(logger.lines.length, 2);
    assert.equal(store.claim("book", KEY, "another", 1_000).state, "done");
  });

  test("is not extended while a handler blocks the event loop, which can be overtaken", async () => {
    const store = new Counted();
    const logger = logbook();
    const block = () => {
      const until = performance.now() + 1_300;
      while (performance.now() < until);
      assert.equal(store.count("extend"), 0);
      assert.equal(MemoryStore.prototype.claim.call(store, "book", KEY, "another", 60_000).state, "claimed");
    };
    await once(store, "book", block, { lease: 1_000, logger })(payment);
    assert.match(logger.lines.at(-1)[1], /commit_lost/);
  });

  test("keeps no program from ending", async () => {
    const program = `
      const { MemoryStore, once } = require("tink-webhooks/idempotency");
      const { WebhookHandler } = require("tink-webhooks");
      const { signedDelivery } = require("tink-webhooks/testing");
      const { body } = signedDelivery("payment:updated", { secret: "s" });
      once(new MemoryStore(), "book", () => new Promise(() => {}))(new WebhookHandler({ secret: "s" }).parseEvent(body));`;
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    await promisify(execFile)(process.execPath, ["-e", program], { cwd, timeout: 60_000 });
  });
});

describe("the commit", () => {
  test("is tried again", async () => {
    const store = new Counted();
    store.fails.commit = 3;
    let runs = 0;
    const book = once(store, "book", () => {
      runs += 1;
    });
    await book(payment);
    await book(payment);
    assert.equal(runs, 1);
    assert.equal(store.count("commit"), 4);
  });

  for (const how of ["fails", "hangs"]) {
    test(`that ${how} for the whole lease is lost, and the handler counts as run`, async () => {
      const store = new Counted();
      if (how === "fails") store.fails.commit = Number.POSITIVE_INFINITY;
      else store.hangs.add("commit");
      const logger = logbook();
      assert.equal(await once(store, "book", () => "booked", { lease: 1_000, logger })(payment), "booked");
      const [level, text, fields] = logger.lines.at(-1);
      assert.equal(level, "error");
      assert.match(text, how === "fails" ? /commit_lost.*: Error ECONNREFUSED$/ : /commit_lost.*: LateError$/);
      assert.deepEqual(fields, { reason: "commit_lost", scope: "book", key: KEY });
      assert.equal(store.count("release"), 0);
    });
  }

  test("is not made of a handler that did not run", async () => {
    const store = new Counted();
    const generator = {
      *book() {},
    };
    const book = once(store, "book", () => generator.book());
    await assert.rejects(book(payment), /iterator, which nobody pulls/);
    assert.deepEqual(store.asked, ["claim", "release"]);
  });
});

describe("a release", () => {
  for (const how of ["fails", "hangs"]) {
    test(`that ${how} hides nothing`, async () => {
      const store = new Counted();
      if (how === "fails") store.fails.release = 1;
      else store.hangs.add("release");
      const logger = logbook();
      const began = performance.now();
      await assert.rejects(once(store, "book", failing, { logger })(payment), RangeError);
      assert.match(logger.lines[0][1], /the claim of book was not released, and ends with its lease: /);
      if (how === "hangs") assert.ok(performance.now() - began >= 900);
    });
  }
});

describe("what is not usable", () => {
  const handler = () => {};
  const store = new MemoryStore();
  const invalid = { reason: "invalid_option" };
  for (const [what, given, error] of [
    ["no scope", [store, handler], TypeError],
    ["an empty scope", [store, "", handler], invalid],
    ["a scope with a blank before it", [store, " book", handler], invalid],
    ["a scope of two lines", [store, "a\nb", handler], invalid],
    ["a scope with a lone surrogate", [store, "a\ud800", handler], invalid],
    ["a scope that is too long", [store, "x".repeat(201), handler], invalid],
    ["a lease in seconds", [store, "book", handler, { lease: 10 }], invalid],
    ["a lease that is no number", [store, "book", handler, { lease: Number.NaN }], invalid],
    ["a lease of another type", [store, "book", handler, { lease: "10s" }], TypeError],
    ["a wait that is negative", [store, "book", handler, { wait: -1 }], invalid],
    ["an infinite maxRun", [store, "book", handler, { maxRun: Number.POSITIVE_INFINITY }], invalid],
    ["a keep of six days", [store, "book", handler, { keep: 6 * 86_400_000 }], invalid],
    ["a negative maxWaiting", [store, "book", handler, { maxWaiting: -1 }], invalid],
    ["half of a maxWaiting", [store, "book", handler, { maxWaiting: 1.5 }], TypeError],
    ["another onStoreFailure", [store, "book", handler, { onStoreFailure: "ignore" }], invalid],
    ["an option that there is not", [store, "book", handler, { max_run: 1 }], TypeError],
    ["a logger without error", [store, "book", handler, { logger: { warn() {} } }], TypeError],
    ["no store", [{}, "book", handler], TypeError],
    ["the class of a store", [MemoryStore, "book", handler], TypeError],
    ["no handler", [store, "book"], TypeError],
    ["a generator function", [store, "book", function* () {}], TypeError],
  ]) {
    test(what, () => assert.throws(() => once(...given), error));
  }

  test("a copy of an event", async () => {
    const book = once(new MemoryStore(), "book", assert.fail);
    for (const copy of [{ ...payment }, JSON.parse(JSON.stringify(payment)), payment.serialize(), undefined]) {
      await assert.rejects(book(copy), /take an event, not /);
    }
  });
});

test("it is an ordinary handler, with the name of the one it is around", () => {
  const hooks = new Dispatcher();
  const book = once(new MemoryStore(), "book", function booking() {});
  hooks.on("payment:updated", book).on("payment:updated", book);
  assert.equal(book.name, "booking");
  assert.deepEqual({ ...hooks.getHandlers() }, { payment_updated: [book] });
});

describe("in an adapter", () => {
  function receiver() {
    const hooks = new WebhookHandler({ secret: SECRET });
    const outcomes = [];
    const logger = logbook();
    const receive = webhookFetch(hooks, { onOutcome: (outcome) => outcomes.push(outcome), logger });
    const post = async (name = "payment:updated") => {
      const answer = await signedDelivery(name, { secret: SECRET }).post(receive);
      return [answer.status, answer.text, outcomes.at(-1).outcome];
    };
    return { hooks, outcomes, logger, post };
  }

  test("a duplicate is said to be one, if every handler was skipped", async () => {
    const { hooks, outcomes, post } = receiver();
    let runs = 0;
    hooks.on(
      "payment:updated",
      once(new MemoryStore(), "book", () => {
        runs += 1;
      }),
    );
    assert.deepEqual(await post(), [200, "ok\n", "handled"]);
    assert.deepEqual(await post(), [200, "ok\n", "duplicate"]);
    assert.equal(runs, 1);
    const { kind, reason, error, commitLost } = outcomes.at(-1);
    assert.deepEqual([kind, reason, error, commitLost], [null, null, undefined, false]);
    hooks.on("*", () => {});
    assert.deepEqual(await post(), [200, "ok\n", "handled"]);
  });

  test("in progress and a store that is away answer 503", async () => {
    const { hooks, outcomes, logger, post } = receiver();
    const store = new Counted();
    hooks.on("payment:updated", once(store, "book", assert.fail, { wait: 0 }));
    store.claim("book", KEY, "another", 60_000);
    assert.deepEqual(await post(), [503, "in_progress\n", "in_progress"]);
    const [level, text] = logger.lines.at(-1);
    assert.equal(level, "warn");
    assert.doesNotMatch(text, /\n/);
    store.fails.claim = 1;
    assert.deepEqual(await post(), [503, "store_unavailable\n", "failed"]);
    const { error } = outcomes.at(-1);
    assert.ok(error instanceof HandlerError && error.errors[0] instanceof UnavailableError);
    assert.equal(error.event.name, "payment:updated");
    assert.equal(logger.lines.at(-1)[0], "error");
  });

  test("another failure beside it answers 500", async () => {
    const { hooks, post } = receiver();
    const store = new Counted();
    hooks.on("payment:updated", once(store, "book", assert.fail, { wait: 0 }));
    hooks.on("payment:updated", failing);
    store.claim("book", KEY, "another", 60_000);
    assert.deepEqual(await post(), [500, "handler_failed\n", "failed"]);
  });

  const vectors = readFileSync(new URL("../../tests/vectors/adapters/once.json", import.meta.url), "utf8");
  for (const { id, handlers, expect } of JSON.parse(vectors).vectors) {
    test(`in every language: ${id}`, async () => {
      const { hooks, post } = receiver();
      for (const [number, what] of handlers.entries()) {
        const store = new MemoryStore();
        if (what === "store_unavailable") store.claim = () => Promise.reject(new Error("away"));
        if (what === "done") store.claim = () => ({ state: "done" });
        if (what === "in_progress") store.claim = () => ({ state: "busy", milliseconds: 60_000 });
        const handler = what === "fail" ? failing : () => {};
        hooks.on("payment:updated", once(store, `scope ${number}`, handler, { wait: 0 }));
      }
      assert.deepEqual(await post(), [expect.status, `${expect.reason}\n`, expect.outcome]);
    });
  }

  test("a lost commit is in the outcome", async () => {
    const { hooks, outcomes, post } = receiver();
    const store = new Forgetting();
    const logger = logbook();
    const forget = () => {
      store.gone = true;
    };
    hooks.on("payment:updated", once(store, "book", forget, { logger }));
    hooks.on(
      "refresh:finished",
      once(new MemoryStore(), "look", () => {}),
    );
    assert.deepEqual(await post(), [200, "ok\n", "handled"]);
    assert.equal(outcomes.at(-1).commitLost, true);
    await post("refresh:finished");
    assert.equal(outcomes.at(-1).commitLost, false);
  });
});
