// This library and others in Node: `node --expose-gc bench.mjs ROUNDS SECRET BODY…` prints a line of JSON per case and body.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { sign as octokitSign, verify as octokitVerify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { checkByHand, stripeConstruct } from "./peers.mjs";

const require = createRequire(import.meta.url);
const { generateSignature, WebhookHandler } = require("../../bindings-node");
const { native } = require("../../bindings-node/dist/native.js");

const READ = "construct, data read";
const HAND = "createHmac + timingSafeEqual + JSON.parse";

/** Every string of a JSON value changed; its keys stay. */
function changed(value, change) {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => changed(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, change)]));
}

/** Bodies like this one: with an id of its own in every place, or with text in one- or two-byte characters. */
function others(body, kind) {
  let id = 0n;
  const anew = () => ((++id * 0x9e3779b97f4a7c15f39cc0605cedc835n) % 2n ** 128n).toString(16).padStart(32, "0");
  const letters = { "not ASCII": "\u00e4\u00f6", Greek: "\u03b1\u03b2" }[kind];
  const change = (text) => {
    if (/^[0-9a-f]{32}$/.test(text)) return letters ? text : anew();
    return letters && /^[A-Za-z].*[a-z]/.test(text) ? `${text.slice(0, 2)}${letters}${text.slice(4)}` : text;
  };
  const payload = JSON.parse(body);
  const count = letters ? 1 : Math.max(3, Math.min(300, Math.floor(2_000_000 / body.length)));
  return Array.from({ length: count }, () =>
    Buffer.from(JSON.stringify({ ...payload, content: changed(payload.content, change) })),
  );
}

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
    [READ]: () => hooks.constructEvent(body, header).data,
    "stripe constructEvent": () => stripeConstruct(body, header, secret),
    "standardwebhooks verify": () => standard.verify(body.toString(), standardHeaders),
    "@octokit/webhooks-methods verify + JSON.parse": async () => {
      const text = body.toString();
      if (!(await octokitVerify(secret, text, octokitSignature))) throw new Error("mismatch");
      return JSON.parse(text);
    },
    "createHmac + timingSafeEqual": () => checkByHand(body, header, secret),
    [HAND]: () => {
      checkByHand(body, header, secret);
      return JSON.parse(body);
    },
  };
  const state = native.create();
  const noFrame = Buffer.alloc(8);
  found["an empty native call"] = () => state.construct(noFrame, undefined);
  for (const kind of ["not ASCII", "Greek", "ids never repeat"]) {
    const deliveries = others(body, kind).map((other) => [other, generateSignature(other, secret)]);
    let ours = 0;
    let hand = 0;
    found[`${READ}, ${kind}`] = () => hooks.constructEvent(...deliveries[ours++ % deliveries.length]).data;
    found[`${HAND}, ${kind}`] = () => {
      const [other, signature] = deliveries[hand++ % deliveries.length];
      checkByHand(other, signature, secret);
      return JSON.parse(other);
    };
  }
  for (const count of [2, 4]) {
    // The right secret is the last, so every other is tried first.
    const secrets = [...Array.from({ length: count - 1 }, (_, index) => `other-${index}`), secret];
    const several = new WebhookHandler({ secret: secrets, schemes: ["v1"] });
    found[`verify, ${count} secrets`] = () => several.verifySignature(body, header);
  }
  for (const count of [1, 10, 100]) {
    const many = new WebhookHandler({ secret, schemes: ["v1"] });
    for (let made = 0; made < count; made += 1) many.on("*", (event) => event.type);
    found[`handle, ${count} handlers`] = async () => many.handleWebhook(body, header);
    const event = many.constructEvent(body, header);
    const handlers = many.getHandlers()["*"];
    found[`dispatch, ${count} handlers`] = async () => many.dispatch(event);
    found[`plain loop, ${count} handlers`] = async () => {
      for (const handler of handlers) {
        const result = handler(event);
        if (typeof result?.then === "function") await result;
      }
    };
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
    // In another order each time, and with nothing that the case before has left to the garbage collector.
    const order = timed.map((_, index) => index).sort(() => Math.random() - 0.5);
    for (const index of order) {
      globalThis.gc();
      const each = await time(timed[index][1], calls, kinds[index]);
      if (round >= 5) samples[index].push(each); // the first rounds are for the compiler
    }
  }
  for (const [index, [name]] of timed.entries()) {
    console.log(JSON.stringify({ case: name, bytes: body.length, ns: samples[index] }));
  }
}
