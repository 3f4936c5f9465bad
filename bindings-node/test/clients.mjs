// Stores over the clients that users have, and how to end both.
// They are loaded before a test begins: loading one blocks the timers of handlers that run meanwhile.
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { createTables, PostgresStore, RedisStore } from "tink-webhooks/idempotency";

export function overIoredis(port, options = {}) {
  const client = new Redis(port, "127.0.0.1", options);
  client.on("error", () => {});
  const store = new RedisStore(client);
  return Object.assign(store, { client, finish: () => [store.close(), client.disconnect()] });
}

export async function overNodeRedis(port, options = {}) {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, ...options });
  client.on("error", () => {});
  await client.connect();
  const store = new RedisStore(client);
  return Object.assign(store, { client, finish: () => [store.close(), client.destroy()] });
}

export async function overPool(url, options = {}) {
  const pool = new pg.Pool({ connectionString: url, max: 4, ...options });
  pool.on("error", () => {});
  const store = new PostgresStore(pool);
  await createTables(store);
  return Object.assign(store, { pool, finish: () => store.close().then(() => pool.end()) });
}

export async function overString(url) {
  const store = new PostgresStore(url);
  await createTables(store);
  return Object.assign(store, { finish: () => store.close() });
}

/** Ends what a store has opened. */
export const finish = async (store) => {
  await (store.finish ?? store.close)?.call(store);
};
