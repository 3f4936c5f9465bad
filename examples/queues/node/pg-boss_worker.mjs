// pg-boss on PostgreSQL, the worker: `node pg-boss_worker.mjs`. It has no secret, and checks no signature. A copy of an
// event is another job; `once` runs its handler once. In the environment: DATABASE_URL and LEDGER_URL.
import pg from "pg";
import { PgBoss } from "pg-boss";
import { Dispatcher, WebhookEvent } from "tink-webhooks";
import { createTables, once, PostgresStore } from "tink-webhooks/idempotency";
import { book } from "./ledger.mjs";

/** How long a claim holds, in milliseconds, if its process dies. */
const LEASE = 10_000;
/** Seconds between two looks for jobs of workers that were killed. */
const LOOK_EVERY = 30;

const connectionString = process.env.DATABASE_URL ?? "postgresql:///shop";
const store = new PostgresStore(new pg.Pool({ connectionString }));
await createTables(store);
const work = new Dispatcher();
work.on("*", once(store, "ledger", book, { lease: LEASE }));

const looks = { superviseIntervalSeconds: LOOK_EVERY, monitorIntervalSeconds: LOOK_EVERY };
const boss = new PgBoss({ connectionString, ...looks });
boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
await boss.start();
// It fetches a job at a time, every two seconds by default.
await boss.work("tink", { localConcurrency: 5, pollingIntervalSeconds: 0.5 }, async ([job]) => {
  await work.dispatch(WebhookEvent.deserialize(job.data.text));
});
