// Receivers on Express and Fastify: `node node_receiver.mjs express|fastify library|peer|none`, with the secret in
// TINK_WEBHOOK_SECRET. It prints where it listens; `GET /handled` gives the number of deliveries whose data was read.
import { createRequire } from "node:module";
import { checkByHand } from "../node/peers.mjs";

const require = createRequire(new URL("../node/package.json", import.meta.url)); // where the servers are installed
const { WebhookHandler } = require("../../bindings-node");
const ROUTE = "/webhooks/tink";
const FIELDS = { "refresh:finished": "credentialsStatus", "actionable-insights:created": "insights" };
const secret = process.env.TINK_WEBHOOK_SECRET;
let handled = 0;

/** Reads a field of the event's data, in every case. */
function use(name, data) {
  if (data[FIELDS[name]] !== undefined) handled += 1;
}

function library() {
  const hooks = new WebhookHandler({ schemes: ["v1"] });
  hooks.on(Object.keys(FIELDS), async (event) => use(event.name, event.data));
  return hooks;
}

/** The other cases: gives the status for a raw body. */
const checks = {
  peer(request) {
    let payload;
    try {
      checkByHand(request.body, request.headers["x-tink-signature"], secret);
      payload = JSON.parse(request.body);
    } catch {
      return 400;
    }
    use(payload.event, payload.content);
    return 200;
  },
  none: () => 200,
};

const servers = {
  express(kind) {
    const express = require("express");
    const app = express();
    if (kind === "library") {
      const { webhookHandler } = require("../../bindings-node/dist/express.js");
      app.post(ROUTE, webhookHandler(library()));
    } else {
      app.post(ROUTE, express.raw({ type: "application/json" }), (request, response) => {
        response.status(checks[kind](request)).send("ok");
      });
    }
    app.get("/handled", (_, response) => response.json(handled));
    const server = app.listen(0, "127.0.0.1", () => say(server.address().port));
  },

  async fastify(kind) {
    const app = require("fastify")();
    if (kind === "library") {
      const { tinkWebhooks } = require("../../bindings-node/dist/fastify.js");
      app.register(tinkWebhooks, { hooks: library(), path: ROUTE });
    } else {
      app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) => done(null, body));
      app.post(ROUTE, async (request, reply) => reply.code(checks[kind](request)).send("ok"));
    }
    app.get("/handled", async (_, reply) => reply.send(String(handled)));
    await app.listen({ host: "127.0.0.1", port: 0 });
    say(app.server.address().port);
  },
};

function say(port) {
  console.log(`listening on http://127.0.0.1:${port}/`);
}

const [server, kind] = process.argv.slice(2);
await servers[server](kind);
