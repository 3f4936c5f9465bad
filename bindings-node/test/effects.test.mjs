// The key in the user's own transaction: PostgreSQL and SQLite, with the libraries that Node's users have.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { WebhookHandler } from "tink-webhooks";
import { claimIn, claimInSync, createTables, MemoryStore, prune } from "tink-webhooks/idempotency";
import { signedDelivery } from "tink-webhooks/testing";
import { betterSqlite, folder, nodeSqlite, server, skip } from "./stores.mjs";

const require = createRequire(import.meta.url);
const eventOf = (name) => new WebhookHandler({ secret: "s" }).parseEvent(signedDelivery(name, { secret: "s" }).body);
const payment = eventOf("payment:updated");
const refresh = eventOf("refresh:finished");
const signal = eventOf("account:updated");
const outside = { reason: "invalid_option", message: /needs a transaction/ };

describe("PostgreSQL", { skip: skip("postgres") }, () => {
  let url;
  let pg;
  before(async () => {
    pg = require("pg");
    ({ url } = await server("postgres"));
    const pool = new pg.Pool({ connectionString: url });
    await Promise.all([createTables(pool), createTables(pool), createTables(pool)]);
    await createTables(pool); // it may be there
    await pool.end();
  });

  /** Runs it with clients, after all keys were removed. */
  async function withClients(run, count = 1, options = {}) {
    const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url, ...options }));
    await Promise.all(clients.map((client) => client.connect()));
    await clients[0].query("TRUNCATE tink_webhooks_effects");
    try {
      await run(...clients);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  }
  const keys = async (client) =>
    Number((await client.query("SELECT count(*) AS n FROM tink_webhooks_effects")).rows[0].n);

  test("effect and key are committed together or not at all", () =>
    withClients(async (client) => {
      await client.query("BEGIN");
      assert.equal(await claimIn(client, payment, "book"), true);
      await client.query("ROLLBACK");
      await client.query("BEGIN");
      assert.equal(await claimIn(client, payment, "book"), true);
      assert.equal(await claimIn(client, payment, "book"), false);
      await client.query("COMMIT");
      await client.query("BEGIN");
      assert.equal(await claimIn(client, payment, "book"), false);
      assert.equal(await claimIn(client, payment, "mail"), true, "two handlers, each with its own scope");
      assert.equal(await claimIn(client, refresh, "book"), true);
      await client.query("COMMIT");
    }));

  test("outside a transaction it is refused and inserts nothing", () =>
    withClients(async (client) => {
      await assert.rejects(claimIn(client, payment, "book"), outside);
      assert.equal(await keys(client), 0);
      await client.query("BEGIN");
      assert.equal(await claimIn(client, payment, "book"), true);
      await client.query("COMMIT");
      await assert.rejects(claimIn(client, payment, "book"), outside);
    }));

  test("events without a key go on", () =>
    withClients(async (client) => {
      for (let copy = 0; copy < 3; copy += 1) assert.equal(await claimIn(client, signal, "look"), true);
      await assert.rejects(claimIn(client, { ...payment }, "book"), /take an event, not /); // which has no key either
      await assert.rejects(claimIn(client, payment), /the scope must be a string/);
    }));

  for (const end of ["COMMIT", "ROLLBACK"]) {
    test(`a copy waits for the first one's ${end}`, () =>
      withClients(async (first, second) => {
        await first.query("BEGIN");
        await second.query("BEGIN");
        assert.equal(await claimIn(first, payment, "book"), true);
        let answer;
        const asked = claimIn(second, payment, "book").then((found) => {
          answer = found;
        });
        await sleep(300);
        assert.equal(answer, undefined);
        await first.query(end);
        await asked;
        assert.equal(answer, end === "ROLLBACK");
        await second.query("COMMIT");
      }, 2));
  }

  test("what the database throws is passed on", () =>
    withClients(
      async (first, second) => {
        await first.query("BEGIN");
        await second.query("BEGIN");
        await claimIn(first, payment, "book");
        await assert.rejects(claimIn(second, payment, "book"), { code: "55P03" });
        await second.query("ROLLBACK");
        await first.query("ROLLBACK");
      },
      2,
      { options: "-c lock_timeout=100" },
    ));

  test("a client of a pool, and not the pool", async () => {
    const pool = new pg.Pool({ connectionString: url });
    await assert.rejects(claimIn(pool, payment, "of-a-pool"), {
      name: "TypeError",
      message: /a pool is no connection/,
    });
    const client = await pool.connect();
    await client.query("BEGIN");
    assert.equal(await claimIn(client, payment, "of-a-pool"), true);
    await client.query("ROLLBACK");
    client.release();
    await pool.end();
  });

  test("old keys are pruned", () =>
    withClients(async (client) => {
      await client.query("BEGIN");
      await claimIn(client, payment, "book");
      await client.query("COMMIT");
      await sleep(50);
      assert.equal(await prune(client), 0);
      assert.equal(await prune(client, { keep: 20 }), 1);
    }));
});

const libraries = { "node:sqlite": nodeSqlite, "better-sqlite3": betterSqlite };
for (const [name, Database] of Object.entries(libraries)) {
  describe(name, { skip: Database ? false : "not in this Node: see sqlite.test.mjs" }, () => {
    async function file() {
      const path = join(folder(), "own.db");
      const database = new Database(path);
      await createTables(database);
      await createTables(database); // it may be there
      database.exec("CREATE TABLE bookings (id TEXT)");
      return [database, path];
    }
    const keys = (database) => database.prepare("SELECT count(*) AS n FROM tink_webhooks_effects").get().n;

    test("effect and key are committed together or not at all", async () => {
      const [database] = await file();
      database.exec("BEGIN IMMEDIATE");
      assert.equal(claimInSync(database, payment, "book"), true);
      database.exec("INSERT INTO bookings VALUES ('1')");
      database.exec("ROLLBACK");
      database.exec("BEGIN IMMEDIATE");
      assert.equal(claimInSync(database, payment, "book"), true, "rolled back with the booking");
      assert.equal(claimInSync(database, payment, "mail"), true);
      database.exec("COMMIT");
      database.exec("BEGIN IMMEDIATE");
      assert.equal(claimInSync(database, payment, "book"), false);
      database.exec("ROLLBACK");
      database.close();
    });

    test("outside a transaction it is refused and inserts nothing", async () => {
      const [database] = await file();
      assert.throws(() => claimInSync(database, payment, "book"), outside);
      assert.equal(keys(database), 0);
      assert.equal(claimInSync(database, signal, "look"), true, "an event without a key goes on");
      assert.throws(() => claimInSync(database, { ...payment }, "book"), /take an event, not /);
      assert.throws(() => claimInSync(database, payment, ""), { reason: "invalid_option" });
      // Before Node 22.16 a database of node:sqlite does not tell.
      const silent = new Proxy(database, {
        get: (target, key) => (/^i[ns]Transaction$/.test(key) ? undefined : target[key]?.bind?.(target)),
      });
      if (name === "node:sqlite") {
        assert.throws(() => claimInSync(silent, payment, "book"), outside);
        database.exec("BEGIN");
        assert.equal(claimInSync(silent, payment, "book"), true);
        database.exec("COMMIT");
        assert.equal(keys(database), 1);
      }
      database.close();
    });

    test("a copy on another connection is locked out", async () => {
      const [first, path] = await file();
      const second = new Database(path, { timeout: 50 });
      first.exec("BEGIN IMMEDIATE");
      claimInSync(first, payment, "book");
      assert.throws(() => second.exec("BEGIN IMMEDIATE"), /locked/);
      first.close();
      second.close();
    });

    test("old keys are pruned", async () => {
      const [database] = await file();
      database.exec("BEGIN IMMEDIATE");
      claimInSync(database, payment, "book");
      database.exec("COMMIT");
      await sleep(50);
      assert.equal(await prune(database), 0);
      assert.equal(await prune(database, { keep: 20 }), 1);
      database.close();
    });

    test("the asynchronous form names this one", async () => {
      const [database] = await file();
      await assert.rejects(claimIn(database, payment, "book"), { name: "TypeError", message: /claimInSync/ });
      database.close();
    });
  });
}

test("better-sqlite3's own transactions", { skip: betterSqlite ? false : "see sqlite.test.mjs" }, async () => {
  const database = new betterSqlite(join(folder(), "own.db"));
  await createTables(database);
  const book = database.transaction((fails) => {
    const isNew = claimInSync(database, payment, "book");
    if (fails) throw new RangeError("no such account");
    return isNew;
  });
  assert.throws(() => book.immediate(true), RangeError);
  assert.deepEqual([book.immediate(false), book.immediate(false)], [true, false]);
  database.close();
});

test("another database is refused by its name", async () => {
  class PromiseConnection {
    query() {}
    execute() {}
    getConnection() {}
  }
  class MySqlPool extends PromiseConnection {}
  for (const call of [claimIn, (given) => createTables(given), (given) => prune(given)]) {
    await assert.rejects(
      call(new PromiseConnection(), payment, "book"),
      /^TypeError: .* of the class PromiseConnection$/,
    );
    await assert.rejects(call(new MySqlPool(), payment, "book"), /MySqlPool, and a pool is no connection/);
    for (const wrong of [undefined, null, "postgresql://", {}]) {
      await assert.rejects(call(wrong, payment, "book"), TypeError);
    }
  }
  assert.throws(() => claimInSync(new PromiseConnection(), payment, "book"), /of the class PromiseConnection$/);
  await assert.rejects(createTables(new MemoryStore()), TypeError);
});
