// Two receivers that are killed at random, and every event delivered to both: none is lost, few are doubled. A killed
// receiver counts as a 502, after which Tink delivers again. An effect is doubled only by a kill between the effect and
// the commit; in the handler's own transaction never.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once as emitted } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTables } from "tink-webhooks/idempotency";
import { examplePayload } from "tink-webhooks/testing";
import { betterSqlite, folder, kinds, nodeSqlite, server, skip } from "./stores.mjs";

const require = createRequire(import.meta.url);
const WORKER = fileURLToPath(new URL("fixtures/once_worker.mjs", import.meta.url));
/** At least so many of each. */
const [EVENTS, KILLS] = [150, 5];
/** For how many milliseconds a receiver lives at most, once it is ready. Besides, one handler of twenty fails. */
const LIFE = 4_000;

/** A receiver that is started again when it was killed. */
class Receiver {
  kills = 0;
  #args;
  #process;
  #lines;
  #death;

  constructor(args) {
    this.#args = args;
  }

  async start() {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = { env, stdio: ["pipe", "pipe", "inherit"] };
    this.#process = spawn(process.execPath, [...process.execArgv, WORKER, ...this.#args], options);
    this.#process.stdin.on("error", () => {}); // it was killed while it was written to
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    assert.equal((await this.#lines.next()).value, "ready");
    this.#death = setTimeout(() => this.#kill(), Math.random() * LIFE);
  }

  async #ended() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await emitted(this.#process, "exit");
  }

  /** The status; 502 where it was killed. */
  async deliver(body) {
    this.#process.stdin.write(`${body}\n`);
    const { value } = await this.#lines.next();
    if (value !== undefined) return Number(value);
    await this.#ended();
    assert.equal(this.#process.signalCode, "SIGKILL", "it did not fail by itself");
    await this.start();
    return 502;
  }

  #kill() {
    this.kills += 1;
    this.#process.kill("SIGKILL");
  }

  async end() {
    clearTimeout(this.#death);
    this.#process.kill("SIGKILL");
    await this.#ended();
  }
}

const TABLE = "CREATE TABLE bookings (id TEXT)";

/** Where the receivers keep what they do, and how their own tables are made and read. The others with `TEST_ALL=1`. */
const SHORT = ["redis over ioredis", "own postgres"];
const places = {
  "redis over ioredis": { missing: skip("redis"), where: async () => (await server("redis")).port },
  "redis over node-redis": { missing: skip("redis"), where: async () => (await server("redis")).port },
  postgres: {
    missing: skip("postgres"),
    where: async () => {
      const { url } = await server("postgres");
      await inPostgres(url, createTables);
      return url;
    },
  },
  sqlite: { missing: kinds.sqlite.missing ?? false, where: async () => join(folder(), "claims.db") },
  "own postgres": {
    missing: skip("postgres"),
    where: async () => {
      const { url } = await server("postgres");
      await inPostgres(url, async (client) => [await createTables(client), await client.query(TABLE)]);
      return url;
    },
    bookings: (url) => inPostgres(url, async (client) => (await client.query("SELECT id FROM bookings")).rows),
  },
  "own sqlite": {
    missing: kinds.sqlite.missing ?? false,
    where: async () => {
      const path = join(folder(), "own.db");
      await inSqlite(path, async (database) => [await createTables(database), database.exec(TABLE)]);
      return path;
    },
    bookings: (path) => inSqlite(path, (database) => database.prepare("SELECT id FROM bookings").all()),
  },
};

async function inPostgres(url, run) {
  const client = new (require("pg").Client)({ connectionString: url });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

async function inSqlite(path, run) {
  const database = new (nodeSqlite ?? betterSqlite)(path);
  try {
    return await run(database);
  } finally {
    database.close();
  }
}

for (const [kind, { missing, where, bookings }] of Object.entries(places)) {
  const long = !SHORT.includes(kind) && !process.env.TEST_ALL && "TEST_ALL=1 kills these too";
  test(`no effect is lost and few are doubled: ${kind}`, { skip: missing || long }, async (context) => {
    const place = await where();
    const effects = join(folder(), "effects");
    writeFileSync(effects, "");
    const receivers = [0, 1].map(() => new Receiver([kind, String(place), effects]));
    await Promise.all(receivers.map((receiver) => receiver.start()));
    const kills = () => receivers[0].kills + receivers[1].kills;
    const payload = examplePayload("payment:updated");
    let number = 0;
    try {
      while (number < EVENTS || kills() < KILLS) {
        payload.content.id = `${kind.replaceAll(" ", "-")}-${number}`; // servers are shared
        const body = JSON.stringify(payload);
        await Promise.all(
          receivers.map(async (receiver) => {
            for (let tries = 0; (await receiver.deliver(body)) !== 200; tries += 1) {
              assert.ok(tries < 1_000, "it is delivered again and again");
              await sleep(20);
            }
          }),
        );
        number += 1;
      }
    } finally {
      await Promise.all(receivers.map((receiver) => receiver.end()));
    }
    const done = bookings
      ? (await bookings(place)).map(({ id }) => id)
      : readFileSync(effects, "utf8").trim().split("\n");
    const doubled = done.length - new Set(done).size;
    context.diagnostic(`${number} events, ${kills()} kills, ${doubled} doubled`);
    assert.equal(new Set(done).size, number, "none is lost");
    assert.ok(doubled <= (bookings ? 0 : kills()), `${doubled} are doubled by ${kills()} kills`);
  });
}
