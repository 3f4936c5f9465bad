// This library and others in Node: `node bench.mjs ROUNDS SECRET BODY…` prints a line of JSON per case and body.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { sign as octokitSign, verify as octokitVerify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { stripeConstruct } from "./peers.mjs";

const { generateSignature, WebhookHandler } = createRequire(import.meta.url)("../../bindings-node");

async function cases(secret, body) {
  const header = generateSignature(body, secret);
  const hooks = new WebhookHandler({ secret, schemes: ["v1"] });
  const standard = new Webhook(Buffer.from(secret).toString("base64"));
  const now = new Date();
  const standardHeaders = {
    "webhook-id": "id",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": standard.sign("id", now, body.toString()),
  };
  const octokitSignature = await octokitSign(secret, body.toString());
  const found = {
    verify: () => hooks.verifySignature(body, header),
    construct: () => hooks.constructEvent(body, header),
    "construct, data read": () => hooks.constructEvent(body, header).data,
    "stripe constructEvent": () => stripeConstruct(body, header, secret),
    "standardwebhooks verify": () => standard.verify(body.toString(), standardHeaders),
    "@octokit/webhooks-methods verify + JSON.parse": async () => {
      const text = body.toString();
      if (!(await octokitVerify(secret, text, octokitSignature))) throw new Error("mismatch");
      return JSON.parse(text);
    },
    "createHmac + timingSafeEqual + JSON.parse": () => {
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header);
      const mac = createHmac("sha256", secret).update(`${t}.`).update(body).digest();
      if (!timingSafeEqual(mac, Buffer.from(v1, "hex"))) throw new Error("mismatch");
      return JSON.parse(body);
    },
  };
  for (const count of [1, 10, 100]) {
    const many = new WebhookHandler({ secret, schemes: ["v1"] });
    for (let made = 0; made < count; made += 1) many.on("*", (event) => event.type);
    found[`handle, ${count} handlers`] = async () => many.handleWebhook(body, header);
  }
  return found;
}

/** A case that gives a promise is awaited. */
async function time(step, calls, isAsync) {
  const begin = process.hrtime.bigint();
  if (isAsync) {
    for (let call = 0; call < calls; call += 1) await step();
  } else {
    for (let call = 0; call < calls; call += 1) step();
  }
  return Number(process.hrtime.bigint() - begin) / calls;
}

const [rounds, secret, ...paths] = process.argv.slice(2);
for (const path of paths) {
  const body = readFileSync(path);
  const timed = Object.entries(await cases(secret, body));
  const kinds = [];
  for (const [, step] of timed) {
    const result = step();
    kinds.push(result instanceof Promise);
    await result;
  }
  const calls = Math.max(3, Math.floor(1_000_000 / (body.length + 500)));
  const samples = timed.map(() => []);
  for (let round = 0; round < Number(rounds) + 5; round += 1) {
    for (const [index, [, step]] of timed.entries()) {
      const each = await time(step, calls, kinds[index]);
      if (round >= 5) samples[index].push(each); // the first rounds are for the compiler
    }
  }
  for (const [index, [name]] of timed.entries()) {
    console.log(JSON.stringify({ case: name, bytes: body.length, ns: samples[index] }));
  }
}
