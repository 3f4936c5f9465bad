// A receiver of the race in Node: `node_receiver.mjs WAY PLACE`, as python_receiver.py describes it.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(new URL("../../bindings-node/package.json", import.meta.url));
const { WebhookHandler } = require("tink-webhooks");
const { webhookListener } = require("tink-webhooks/http");
const { claimIn, once, PostgresStore, RedisStore } = require("tink-webhooks/idempotency");

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

/** The store, and a handler without `once`. */
function withRedis() {
  const { Redis } = require("ioredis");
  const client = new Redis(place);
  const book = async (event) => {
    await work();
    await client.rpush("bookings", `${event.idempotencyKey} ${Date.now()}`);
  };
  return [new RedisStore(client), book];
}

/** The same in PostgreSQL; the key in the handler's own transaction where the way is `claim_in`. */
function withPostgres() {
  const { Pool } = require("pg");
  const pool = new Pool({ connectionString: place, max: 16 });
  const insert = async (client, event) => {
    await work();
    await client.query(INSERT, [event.idempotencyKey, Date.now()]);
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
  return [new PostgresStore(pool), way === "claim_in" ? inOwn : (event) => insert(pool, event)];
}

const [store, book] = place.startsWith("redis:") ? withRedis() : withPostgres();
const hooks = new WebhookHandler({ schemes: ["v1"] });
hooks.on("*", way === "claim_in" ? book : once(store, SCOPE, book, { lease: LEASE }));
const server = createServer(webhookListener(hooks));
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));
