// BullMQ on Redis, the receiver: it verifies a delivery, puts the event on the queue, and answers. In the environment:
// TINK_WEBHOOK_SECRET, REDIS_URL and PORT (8000). The worker is bullmq_worker.mjs.
//
//   npm install tink-webhooks bullmq ioredis
//   node bullmq_web.mjs
import { createServer } from "node:http";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { WebhookHandler } from "tink-webhooks";
import { webhookListener } from "tink-webhooks/http";

/** Milliseconds until a job that failed runs again: longer than the lease of the worker's claims. */
const AGAIN = 15_000;

const connection = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379/0", { maxRetriesPerRequest: 1 });
connection.on("error", (error) => console.error(`redis: ${error.message}`));
// BullMQ tries a job once by default. It gets no id of ours: BullMQ drops a job whose id is in use without a word, also
// after the first one has failed.
const defaultJobOptions = { attempts: 10, backoff: { type: "fixed", delay: AGAIN }, removeOnComplete: true };
const queue = new Queue("tink", { connection, defaultJobOptions });
const hooks = new WebhookHandler({ schemes: ["v1"] });

// If the queue is away the answer is 500, and Tink delivers again.
hooks.on("*", async (event) => {
  await queue.add(event.name, event.serialize());
});

createServer(webhookListener(hooks)).listen(Number(process.env.PORT ?? 8000));
