// A receiver of the race in Node: `node_receiver.mjs WAY PLACE`, as python_receiver.py describes it.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(new URL("../../bindings-node/package.json", import.meta.url));
const { WebhookHandler } = require("tink-webhooks");
const { webhookListener } = require("tink-webhooks/http");
const { claimIn, claimInSync, once, PostgresStore, RedisStore, SQLiteStore } = require("tink-webhooks/idempotency");

const SCOPE = "book";
/** A tenth of the default, as all other times of the race; in milliseconds. */
const LEASE = 1_000;
/** How long a handler takes at most, in milliseconds, and how many of a hundred fail. */
const [MOMENT, FAILING] = [10, 5];
const INSERT = "INSERT INTO bookings VALUES ($1, $2)";
const [way, place] = process.argv.slice(2);

/** What comes before the effect. */
async function work() {
  await sleep(Math.random() * MOMENT);
  if (Math.random() * 100 < FAILING) {
    throw new Error("the bank is away");
  }
}

/** The store, how an effect is written, and a handler without `once`. */
function withRedis() {
  const { Redis } = require("ioredis");
  const client = new Redis(place);
  const write = (name) => client.rpush("bookings", `${name} ${Date.now()}`);
  const book = async (event) => {
    await work();
    await write(event.idempotencyKey);
  };
  return [new RedisStore(client), write, book];
}

/** The same in PostgreSQL; the key in the handler's own transaction where the way is `claim_in`. */
function withPostgres() {
  const { Pool } = require("pg");
  const pool = new Pool({ connectionString: place, max: 16 });
  pool.on("error", () => {}); // of a connection that nobody uses; without it the program would end
  const write = (name, client = pool) => client.query(INSERT, [name, Date.now()]);
  const insert = async (client, event) => {
    await work();
    await write(event.idempotencyKey, client);
  };
  const inOwn = async (event) => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      if (await claimIn(client, event, SCOPE)) {
        await insert(client, event);
      }
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      client.release(true); // closed, and so rolled back
      throw error;
    }
  };
  return [new PostgresStore(pool), write, way === "claim_in" ? inOwn : (event) => insert(pool, event)];
}

/** The same in files of SQLite, the claims in one of their own. `node:sqlite` needs Node 22. */
function withSqlite() {
  const { DatabaseSync } = require("node:sqlite");
  const directory = place.slice("sqlite:".length);
  const shop = new DatabaseSync(`${directory}/shop.db`);
  shop.exec("PRAGMA busy_timeout = 20000");
  const insert = shop.prepare("INSERT INTO bookings VALUES (?, ?)");
  const write = (name) => insert.run(name, Date.now());
  const book = async (event) => {
    await work();
    write(event.idempotencyKey);
  };
  const fails = () => Math.random() * 100 < FAILING;
  const inOwn = (event) => {
    shop.exec("BEGIN IMMEDIATE"); // nothing is awaited until it has ended
    try {
      if (claimInSync(shop, event, SCOPE)) {
        if (fails()) throw new Error("the bank is away");
        write(event.idempotencyKey);
      }
      shop.exec("COMMIT");
    } catch (error) {
      shop.exec("ROLLBACK");
      throw error;
    }
  };
  return [new SQLiteStore(`${directory}/claims.db`), write, way === "claim_in" ? inOwn : book];
}

const withStore = { redis: withRedis, postgresql: withPostgres, sqlite: withSqlite }[place.split(":")[0]];
const [store, write, book] = withStore();

/** What runs for each event. */
function handler() {
  if (way.startsWith("slow:")) {
    const [lease, duration] = way
      .split(":")
      .slice(1)
      .map((seconds) => Number(seconds) * 1_000);
    const slow = async (event) => {
      await write(`${event.idempotencyKey}:begin`);
      await sleep(duration);
      await write(`${event.idempotencyKey}:end`);
    };
    return once(store, SCOPE, slow, { lease });
  }
  if (way.startsWith("until:")) {
    const [, lease, ...rest] = way.split(":");
    const file = rest.join(":");
    const until = async (event) => {
      await write(`${event.idempotencyKey}:done`);
      while (!existsSync(file)) await sleep(10);
    };
    return once(store, SCOPE, until, { lease: Number(lease) * 1_000 });
  }
  if (way === "check") {
    return once(store, SCOPE, (event) => write(event.idempotencyKey ?? event.name));
  }
  return way === "claim_in" ? book : once(store, SCOPE, book, { lease: LEASE });
}

const hooks = new WebhookHandler({ schemes: ["v1"] });
hooks.on("*", handler());
const server = createServer(webhookListener(hooks));
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));
