// Every store keeps what `once` relies on, on real servers.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once as emitted } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { WebhookHandler } from "tink-webhooks";
import {
  createTables,
  MemoryStore,
  once,
  PostgresStore,
  prune,
  RedisStore,
  SQLiteStore,
} from "tink-webhooks/idempotency";
import { checkStore, storeTests } from "tink-webhooks/idempotency/conformance";
import { signedDelivery } from "tink-webhooks/testing";
import { finish, overIoredis, overNodeRedis, overPool, overString } from "./clients.mjs";
import { folder, kinds, server, skip, start } from "./stores.mjs";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const payment = () =>
  new WebhookHandler({ secret: "s" }).parseEvent(signedDelivery("payment:updated", { secret: "s" }).body);
let number = 0;
/** A scope that no other test has. */
const fresh = (name) => {
  number += 1;
  return `${name}-${process.pid}-${number}`;
};

for (const [kind, { missing, make }] of Object.entries(kinds)) {
  describe(kind, { skip: missing ?? false, concurrency: true }, () => {
    for (const { name, run } of storeTests) {
      test(name, async () => {
        const store = await make();
        try {
          await run(store);
        } finally {
          await finish(store);
        }
      });
    }
  });
}

test("the packaged texts are those of the project", () => {
  const { texts } = require(join(root, "bindings-node/dist/idempotency/texts.js"));
  let compared = 0;
  for (const place of readdirSync(join(root, "stores"), { withFileTypes: true })) {
    if (!place.isDirectory()) continue;
    const files = readdirSync(join(root, "stores", place.name));
    assert.deepEqual(
      Object.keys(texts[place.name]),
      files.map((file) => basename(file).replace(/\.\w+$/, "")),
    );
    for (const file of files) {
      const text = readFileSync(join(root, "stores", place.name, file), "utf8");
      assert.equal(texts[place.name][file.replace(/\.\w+$/, "")], text);
      compared += 1;
    }
  }
  assert.ok(compared > 15);
});

describe("the suite refuses a store that is wrong", () => {
  class Looks extends MemoryStore {
    /** Looks first, and writes then. */
    async claim(...given) {
      const [scope, key, token] = given;
      const before = super.claim(scope, key, token, 1);
      if (before.state !== "claimed") return before;
      super.release(scope, key, token);
      await sleep(20);
      return super.claim(scope, key, token, given[3]).state === "done" ? { state: "done" } : { state: "claimed" };
    }
  }
  class Unfenced extends MemoryStore {
    #last;
    claim(scope, key, token, lease) {
      const found = super.claim(scope, key, token, lease);
      if (found.state === "claimed") this.#last = token;
      return found;
    }
    /** Does not ask who holds it. */
    release(scope, key) {
      return super.release(scope, key, this.#last);
    }
  }
  for (const Broken of [Looks, Unfenced]) {
    test(Broken.name, () => assert.rejects(checkStore(new Broken()), /^Error: of a store: .*not so: /));
  }
  test("and not one that is right", () => checkStore(new MemoryStore()));
});

describe("a clock that is wrong by an hour changes nothing", () => {
  // Servers ask their own clock; the client's is replaced where JavaScript reads it.
  const program = `
    const [hours, kind, where] = process.argv.slice(1);
    const real = Date.now.bind(Date);
    Date.now = () => real() + 3_600_000 * hours;
    const { PostgresStore, RedisStore } = require("tink-webhooks/idempotency");
    const client = kind === "redis" ? new (require("ioredis").Redis)(Number(where), "127.0.0.1") : undefined;
    const store = client ? new RedisStore(client) : new PostgresStore(where);
    store.claim("clock", kind, hours, 30_000).then((found) => {
      console.log(JSON.stringify(found));
      client?.disconnect();
    });`;
  for (const kind of ["redis", "postgres"]) {
    test(kind, { skip: skip(kind) }, async () => {
      const { port, url } = await server(kind);
      if (kind === "postgres") await finish(await overString(url));
      const answers = [];
      for (const hours of ["0", "1", "-1"]) {
        const args = ["-e", program, "--", hours, kind, kind === "redis" ? String(port) : url];
        answers.push(JSON.parse((await run(process.execPath, args, { cwd: here })).stdout));
      }
      assert.deepEqual(answers.shift(), { state: "claimed" });
      for (const { state, milliseconds } of answers) {
        assert.equal(state, "busy");
        assert.ok(milliseconds > 10_000 && milliseconds <= 30_000, String(milliseconds));
      }
    });
  }
});

test("time goes on in an open transaction of PostgreSQL", { skip: skip("postgres") }, async () => {
  const { pool, finish: end } = await overPool((await server("postgres")).url);
  const { texts } = require(join(root, "bindings-node/dist/idempotency/texts.js"));
  const client = await pool.connect();
  const scope = fresh("open");
  await client.query("BEGIN");
  for (const token of ["a", "b"]) {
    const { rows } = await client.query(texts.postgres.claim, [scope, "k", token, 100]);
    assert.deepEqual(Object.values(rows[0]), ["0"]);
    await sleep(200); // `now()` would stand still, and the lease never end
  }
  await client.query("ROLLBACK");
  client.release();
  await end();
});

/** How each kind of server is asked. */
const over = {
  "redis over ioredis": ["redis", ({ port }) => overIoredis(port, { maxRetriesPerRequest: 1 })],
  "redis over node-redis": ["redis", ({ port }) => overNodeRedis(port)],
  "valkey over node-redis": ["valkey", ({ port }) => overNodeRedis(port)],
  "postgres over a pool": ["postgres", ({ url }) => overPool(url)],
  "postgres by its string": ["postgres", ({ url }) => overString(url)],
};

/** Asks until there is an answer: a client connects anew by itself, a little later. */
async function answered(ask) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(50);
    }
  }
}

describe("a server that comes back has what was committed, and clients find it", { concurrency: true }, () => {
  for (const [name, [kind, make]] of Object.entries(over)) {
    test(name, { skip: skip(kind) }, async () => {
      const own = await start(kind);
      const store = await make(own);
      await store.claim("s", "done", "a", 10_000);
      assert.equal(await store.commit("s", "done", "a", 60_000), true);
      await store.claim("s", "runs", "a", 60_000);
      assert.equal(await store.extend("s", "runs", "a", 60_000), true);
      await own.kill();
      await assert.rejects(async () => store.extend("s", "runs", "a", 60_000));
      let ran = 0;
      const refused = once(store, "s", () => {
        ran += 1;
      });
      await assert.rejects(refused(payment()), { reason: "store_unavailable", status: 503 });
      assert.equal(ran, 0);
      await own.start();
      assert.equal((await answered(() => store.claim("s", "done", "b", 10_000))).state, "done");
      assert.equal((await answered(() => store.claim("s", "runs", "b", 10_000))).state, "busy");
      assert.equal(await answered(() => store.extend("s", "runs", "a", 60_000)), true);
      await finish(store);
      await own.kill();
    });
  }
});

describe("a server that does not answer, and does not close the connection either", { concurrency: true }, () => {
  for (const [name, [kind, make]] of Object.entries(over).filter(([name]) => !/valkey|string/.test(name))) {
    test(name, { skip: skip(kind) || (process.platform === "win32" && "needs SIGSTOP") }, async () => {
      const own = await start(kind);
      const store = await make(own);
      await store.claim("s", "runs", "a", 60_000);
      assert.equal(await store.extend("s", "runs", "a", 60_000), true);
      if (kind === "postgres") {
        // A stopped postmaster leaves its children running: what stops is a lock instead.
        await store.pool.query("CREATE TABLE held (id int)");
        const locked = await store.pool.connect();
        await locked.query("BEGIN");
        await locked.query("LOCK TABLE tink_webhooks_claims");
        await assertUnavailable(store);
        await locked.query("ROLLBACK");
        locked.release();
      } else {
        own.pause();
        await assertUnavailable(store);
        own.goOn();
      }
      const event = payment();
      assert.equal(await answered(() => once(store, "later", () => "ran", { wait: 20_000 })(event)), "ran");
      // The claim that came too late was given back.
      assert.equal(await once(store, "s", () => "ran", { wait: 3_000 })(event), "ran");
      await finish(store);
      await own.kill();
    });
  }

  async function assertUnavailable(store) {
    const claimed = once(store, "s", assert.fail)(payment());
    const extended = assert.rejects(async () => store.extend("s", "runs", "a", 60_000));
    await assert.rejects(claimed, { reason: "store_unavailable" });
    await extended;
  }
});

test("done records are pruned after they were kept", async () => {
  for (const kind of ["memory", "sqlite", "postgres over a pool"].filter((one) => !kinds[one].missing)) {
    const store = await kinds[kind].make();
    const scope = fresh("prune");
    for (const [key, keep] of Object.entries({ short: 100, long: 60_000 })) {
      await store.claim(scope, key, "a", 10_000);
      await store.commit(scope, key, "a", keep);
    }
    await sleep(200);
    assert.ok((await prune(store)) >= 1, kind);
    assert.equal((await store.claim(scope, "short", "b", 10_000)).state, "claimed", kind);
    assert.equal((await store.claim(scope, "long", "b", 10_000)).state, "done", kind);
    await finish(store);
  }
});

test("memory has a cap, and keeps what runs", () => {
  const store = new MemoryStore({ maxRecords: 10 });
  store.claim("s", "runs", "a", 60_000);
  for (let index = 0; index < 100; index += 1) {
    store.claim("s", String(index), "a", 60_000);
    store.commit("s", String(index), "a", 60_000);
  }
  assert.equal(store.size, 10);
  assert.equal(store.claim("s", "runs", "b", 60_000).state, "busy");
  assert.equal(store.claim("s", "99", "b", 60_000).state, "done");
  assert.throws(() => new MemoryStore({ maxRecords: 0 }), { reason: "invalid_option" });
});

describe("two processes, of which one is killed", { concurrency: true }, () => {
  const program = fileURLToPath(new URL("fixtures/claimer.mjs", import.meta.url));
  for (const kind of ["redis over ioredis", "redis over node-redis", "postgres by its string", "sqlite"]) {
    test(kind, { skip: kinds[kind].missing ?? false }, async () => {
      const scope = fresh("kill");
      const name = kind.split(" ")[0];
      const where = name === "sqlite" ? join(folder(), "claims.db") : undefined;
      const store = await kinds[kind].make(where);
      const { port, url } = where ? {} : await server(name);
      const other = spawn(process.execPath, [program, kind, where ?? (name === "redis" ? port : url), scope]);
      const [line] = await emitted(other.stdout, "data");
      assert.equal(String(line), "claimed\n");
      other.kill("SIGKILL");
      await emitted(other, "exit");
      assert.equal((await store.claim(scope, "k", "second", 1_000)).state, "busy");
      await sleep(1_100);
      assert.equal((await store.claim(scope, "k", "second", 1_000)).state, "claimed");
      await finish(store);
    });
  }
});

describe("two copies at once, by two clients, and a handler that outlives its lease twice", {
  concurrency: true,
}, () => {
  for (const [kind, { missing, make }] of Object.entries(kinds)) {
    test(kind, { skip: missing ?? false }, async () => {
      const path = kind === "sqlite" ? join(folder(), "claims.db") : undefined;
      const first = await make(path);
      const stores = [first, kind === "memory" ? first : await make(path)];
      const scope = fresh("outlives");
      let running = 0;
      let runs = 0;
      const book = async () => {
        running += 1;
        assert.equal(running, 1, "one at a time");
        await sleep(5_000);
        running -= 1;
        runs += 1;
      };
      await Promise.all(stores.map((store) => once(store, scope, book, { lease: 2_000, wait: 60_000 })(payment())));
      assert.equal(runs, 1);
      for (const store of new Set(stores)) await finish(store);
    });
  }
});

test("a store keeps no program from ending", async () => {
  const program = fileURLToPath(new URL("fixtures/ends.mjs", import.meta.url));
  for (const kind of ["memory", "sqlite", "redis over ioredis", "redis over node-redis", "postgres by its string"]) {
    if (kinds[kind].missing) continue;
    const name = kind.split(" ")[0];
    const { port, url } = ["redis", "postgres"].includes(name) ? await server(name) : {};
    if (name === "postgres") await finish(await overString(url));
    const args = [program, kind, { sqlite: join(folder(), "claims.db"), redis: port, postgres: url }[name] ?? ""];
    const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
    assert.equal(stdout, "extended\n", kind);
  }
});

test("what is no client is refused, and so is a single client of pg", () => {
  assert.throws(() => new RedisStore("redis://127.0.0.1"), /ioredis or node-redis/);
  assert.throws(() => new RedisStore({ evalsha() {} }), TypeError); // node-redis 3
  assert.throws(() => new PostgresStore({}), /a pool of pg or a connection string, not an object/);
  assert.throws(() => new PostgresStore(new (require("pg").Client)()), /not a single client/);
  assert.throws(() => new SQLiteStore(":memory:"), { reason: "invalid_option", message: /MemoryStore/ });
  assert.throws(() => new SQLiteStore(undefined), TypeError);
});

test("no store shows a password", { skip: kinds.sqlite.missing ?? false }, async () => {
  const url = "postgresql://tink:hunter2@127.0.0.1:1/postgres";
  const pool = new (require("pg").Pool)({ connectionString: url });
  const client = new (require("ioredis").Redis)({ password: "hunter2", lazyConnect: true });
  for (const store of [new PostgresStore(url), new PostgresStore(pool), new RedisStore(client)]) {
    assert.doesNotMatch(inspect(store, { depth: 9, showHidden: true }) + JSON.stringify(store), /hunter2/);
    const log = [];
    const logger = { warn: (...given) => log.push(given), error: (...given) => log.push(given) };
    const refused = once(store, "book", () => {}, { logger, onStoreFailure: "run" });
    if (store instanceof PostgresStore) await refused(payment());
    assert.doesNotMatch(inspect(log, { depth: 9 }), /hunter2/);
  }
});

test("nothing is loaded before a store is made", async () => {
  const program = `
    require("tink-webhooks/idempotency");
    const loaded = Object.keys(require.cache).filter((file) => /node_modules.(pg|ioredis|redis|better-sqlite3)\\b/.test(file));
    console.log(loaded.length, process.moduleLoadList.filter((name) => /sqlite/.test(name)).length);`;
  const { stdout } = await run(process.execPath, ["-e", program], { cwd: join(root, "bindings-node") });
  assert.equal(stdout, "0 0\n");
});

test("a pool that handlers have emptied keeps their claims", { skip: skip("postgres") }, async () => {
  const { url } = await server("postgres");
  const store = await overPool(url, { max: 1 });
  const other = await overString(url);
  const scope = fresh("pool");
  const event = payment();
  await once(
    store,
    scope,
    async () => {
      const client = await store.pool.connect();
      await sleep(1_600);
      assert.equal((await other.claim(scope, event.idempotencyKey, "another", 1_000)).state, "busy");
      client.release();
    },
    { lease: 1_000 },
  )(event);
  assert.equal((await other.claim(scope, event.idempotencyKey, "another", 1_000)).state, "done");
  await finish(store);
  await finish(other);
});

test("what a pool does for a new connection is done for that of the beats", { skip: skip("postgres") }, async () => {
  const { url } = await server("postgres");
  const admin = await overString(url);
  await finish(admin);
  const pool = new (require("pg").Pool)({ connectionString: url });
  await pool.query("CREATE SCHEMA IF NOT EXISTS app");
  await pool.end();
  const apart = new (require("pg").Pool)({ connectionString: url });
  apart.on("connect", (client) => client.query("SET search_path TO app"));
  const store = new PostgresStore(apart);
  await createTables(store);
  const scope = fresh("schema");
  await store.claim(scope, "k", "a", 30_000);
  assert.equal(await store.extend(scope, "k", "a", 30_000), true);
  await store.close();
  await apart.end();
});

test("a cluster of Redis", { skip: skip("redis") }, async (context) => {
  const own = await start("redis", ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
  const { Redis, Cluster } = require("ioredis");
  const admin = new Redis(own.port, "127.0.0.1");
  if (Number(/redis_version:(\d+)/.exec(await admin.info("server"))[1]) < 7) {
    admin.disconnect();
    return context.skip("Redis is older than 7");
  }
  await admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  for (let tries = 0; !/cluster_state:ok/.test(await admin.call("CLUSTER", "INFO")); tries += 1) {
    assert.ok(tries < 200);
    await sleep(50);
  }
  admin.disconnect();
  const ofIoredis = new Cluster([{ host: "127.0.0.1", port: own.port }]);
  const ofNodeRedis = require("redis").createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${own.port}` }] });
  await ofNodeRedis.connect();
  await checkStore(new RedisStore(ofIoredis));
  await checkStore(new RedisStore(ofNodeRedis));
  ofIoredis.disconnect();
  await ofNodeRedis.destroy();
  await own.kill();
  return undefined;
});
