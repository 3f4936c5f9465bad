// What `once` costs in Node: `once.mjs ROUNDS REDIS POSTGRES FOLDER` prints a JSON list of the cases of each store, which
// ../once.py describes. REDIS and POSTGRES are where servers listen, or `-`.
import { createRequire, isBuiltin } from "node:module";

const require = createRequire(new URL("../../bindings-node/package.json", import.meta.url));
const { WebhookHandler } = require("tink-webhooks");
const {
  createTables,
  MemoryStore,
  once,
  PostgresStore,
  RedisStore,
  SQLiteStore,
} = require("tink-webhooks/idempotency");
const { examplePayload } = require("tink-webhooks/testing");

/** Events of one case in one round. */
const EVENTS = 100;
const [rounds, redis, postgres, folder] = process.argv.slice(2);
const hooks = new WebhookHandler({ secret: "of no use" });
let made = 0;

/** Payments, each with a key of its own. Made before they are timed. */
function events() {
  return Array.from({ length: EVENTS }, () => {
    const payload = examplePayload("payment:updated");
    payload.content.id = `${process.pid}-${Date.now()}-${made++}`;
    return hooks.parseEvent(JSON.stringify(payload));
  });
}

function nothing() {}

const CREATE = "CREATE TABLE IF NOT EXISTS bench (id integer PRIMARY KEY, text text)";

/** Of each store, the least and `once`, through the same client; and how to end it. */
const STORES = {
  memory: () => [["the handler alone", nothing], ["once", once(new MemoryStore(), "bench", nothing)], () => {}],
  redis: () => {
    const { Redis } = require("ioredis");
    const client = new Redis(redis);
    const store = new RedisStore(client);
    const end = () => {
      store.close();
      client.disconnect();
    };
    return [["PING", () => client.ping()], ["once", once(store, "bench", nothing)], end];
  },
  postgres: async () => {
    const { Pool } = require("pg");
    const pool = new Pool({ connectionString: postgres, max: 2 });
    const store = new PostgresStore(pool);
    await createTables(store);
    await pool.query("CREATE TABLE IF NOT EXISTS bench (id bigserial PRIMARY KEY, text text)");
    const insert = ({ idempotencyKey }) => pool.query("INSERT INTO bench (text) VALUES ($1)", [idempotencyKey]);
    const end = async () => {
      await store.close();
      await pool.end();
    };
    return [["INSERT", insert], ["once", once(store, "bench", nothing)], end];
  },
  sqlite: () => {
    const { DatabaseSync } = require("node:sqlite");
    const database = new DatabaseSync(`${folder}/node.bench`);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${CREATE}`);
    const statement = database.prepare("INSERT INTO bench (text) VALUES (?)");
    const store = new SQLiteStore(`${folder}/node.db`);
    const insert = ({ idempotencyKey }) => statement.run(idempotencyKey);
    return [["INSERT", insert], ["once", once(store, "bench", nothing)], () => store.close()];
  },
};

/** How many nanoseconds one event takes. */
async function nanoseconds(handle) {
  const some = events();
  const began = process.hrtime.bigint();
  for (const event of some) await handle(event);
  return Number(process.hrtime.bigint() - began) / some.length;
}

/** The cases of a store, in turns. The first round is not counted: it makes connections and prepares statements. */
async function measured(store, [least, mine, end]) {
  const cases = [
    { store, case: least[0], kind: "least", ns: [], handle: least[1] },
    { store, case: mine[0], kind: "once", ns: [], handle: mine[1] },
  ];
  for (let round = 0; round <= Number(rounds); round += 1) {
    for (const one of cases) {
      const taken = await nanoseconds(one.handle);
      if (round > 0) one.ns.push(taken);
    }
  }
  await end();
  return cases.map(({ handle: _, ...row }) => row);
}

const rows = [];
for (const [store, open] of Object.entries(STORES)) {
  const is = store === "sqlite" ? isBuiltin("node:sqlite") : { redis, postgres }[store] !== "-";
  if (is) rows.push(...(await measured(store, await open())));
}
console.log(JSON.stringify(rows));
