// One half of a pair in Node: `node_pair.mjs put PORT LIST` or `take PORT LIST...`, as python_pair.py describes it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../bindings-node/package.json", import.meta.url));
const { Dispatcher, WebhookEvent, WebhookHandler } = require("tink-webhooks");
const { Redis } = require("ioredis");

const [way, port, ...lists] = process.argv.slice(2);
const client = new Redis(Number(port), "127.0.0.1");

async function put() {
  const hooks = new WebhookHandler({ schemes: ["v1", "body"] });
  for (const line of readFileSync(0, "utf8").split("\n").slice(0, -1)) {
    const [header, body] = line.split("\t");
    await client.rpush(lists[0], hooks.constructEvent(body, header).serialize());
  }
}

async function take() {
  assert.equal(process.env.TINK_WEBHOOK_SECRET, undefined);
  const work = new Dispatcher();
  work.on("*", (event) => {
    const { scheme, secretIndex, signedAt, deliveryId } = event.verification;
    const fields = [
      event.type,
      event.timestamp.getTime(),
      event.idempotencyKey,
      scheme,
      secretIndex,
      signedAt,
      deliveryId,
    ];
    console.log([...fields, JSON.stringify(event.data)].map((one) => one ?? "-").join("\t"));
  });
  for (const name of lists) {
    for (const text of await client.lrange(name, 0, -1)) {
      await work.dispatch(WebhookEvent.deserialize(text));
    }
  }
}

await { put, take }[way]();
client.disconnect();
