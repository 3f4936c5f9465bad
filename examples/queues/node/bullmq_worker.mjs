// BullMQ on Redis, the worker: `node bullmq_worker.mjs`. It has no secret, and checks no signature. A copy of an event is
// another job; `once` runs its handler once. In the environment: REDIS_URL and LEDGER_URL.
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { Dispatcher, WebhookEvent } from "tink-webhooks";
import { once, RedisStore } from "tink-webhooks/idempotency";
import { book } from "./ledger.mjs";

/** How long a claim holds, in milliseconds, if its process dies. */
const LEASE = 10_000;
/** Milliseconds without a sign of life after which a worker's jobs are another's. */
const LOST_AFTER = 30_000;

const url = process.env.REDIS_URL ?? "redis://127.0.0.1:6379/0";
const store = new RedisStore(new Redis(url));
const work = new Dispatcher();
work.on("*", once(store, "ledger", book, { lease: LEASE }));

new Worker("tink", (job) => work.dispatch(WebhookEvent.deserialize(job.data)), {
  connection: new Redis(url, { maxRetriesPerRequest: null }),
  lockDuration: LOST_AFTER,
  stalledInterval: LOST_AFTER,
  maxStalledCount: 10, // by default a job fails for good when its second worker was killed too
});
