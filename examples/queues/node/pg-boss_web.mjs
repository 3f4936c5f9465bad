// pg-boss on PostgreSQL, the receiver: it verifies a delivery, puts the event on the queue, and answers. In the
// environment: TINK_WEBHOOK_SECRET, DATABASE_URL and PORT (8000). The worker is pg-boss_worker.mjs.
//
//   npm install tink-webhooks pg-boss
//   node pg-boss_web.mjs
import { createServer } from "node:http";
import { PgBoss } from "pg-boss";
import { WebhookHandler } from "tink-webhooks";
import { webhookListener } from "tink-webhooks/http";

/** Seconds until a job that failed runs again: longer than the lease of the worker's claims. */
const AGAIN = 15;
/** Seconds without a sign of life after which a worker's jobs are another's; 10 or more. */
const LOST_AFTER = 30;

const boss = new PgBoss(process.env.DATABASE_URL ?? "postgresql:///shop");
boss.on("error", (error) => console.error(`pg-boss: ${error.message}`));
await boss.start();
await boss.createQueue("tink", { retryLimit: 10, retryDelay: AGAIN, heartbeatSeconds: LOST_AFTER });
const hooks = new WebhookHandler({ schemes: ["v1"] });

// If the queue is away the answer is 500, and Tink delivers again.
hooks.on("*", async (event) => {
  await boss.send("tink", { text: event.serialize() });
});

createServer(webhookListener(hooks)).listen(Number(process.env.PORT ?? 8000));
