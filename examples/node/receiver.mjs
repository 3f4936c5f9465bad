// A receiver on Express. The secret comes from TINK_WEBHOOK_SECRET.
//
//   npm install tink-webhooks express
//   node receiver.mjs
import express from "express";
import { WebhookHandler } from "tink-webhooks";
import { webhookHandler } from "tink-webhooks/express";

const hooks = new WebhookHandler({ schemes: ["v1"] });

// A refresh of credentials ended, well or not.
hooks.on("refresh:finished", async (event) => {
  console.log(`refresh of user ${event.userId}: ${event.data.credentialsStatus}`);
});

// A payment has a new status. It may be older than one you have: store it only if its `updated` is newer.
hooks.on("payment:updated", async (event) => {
  const { id, status, updated } = event.data;
  console.log(`payment ${id}: ${status}, at ${updated}`);
});

const app = express();
app.post("/webhooks/tink", webhookHandler(hooks)); // before express.json()
app.use(express.json()); // for your other routes

const server = app.listen(Number(process.env.PORT ?? 8000));
process.once("SIGTERM", () => server.close()); // no new deliveries, and those under way are answered
