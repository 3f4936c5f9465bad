// Holds the Node binding to the shared vectors: cases in, one a line, answers out. See tests/README.md.
"use strict";

const readline = require("node:readline");
const {
  Dispatcher,
  WebhookError,
  WebhookEvent,
  WebhookHandler,
  explain,
  generateSignature,
} = require("../../bindings-node");

const bytes = (hex) => Buffer.from(hex, "hex");
const toHex = (text) => Buffer.from(text, "utf8").toString("hex");

/** Text where the bytes are UTF-8, as a user would pass it. */
function textOrBytes(hex) {
  const text = bytes(hex).toString("utf8");
  return Buffer.from(text).toString("hex") === hex ? text : bytes(hex);
}

/** Takes a field out of the case: what is left at the end is a field this driver ignores. */
function take(fields, name) {
  const value = fields.get(name);
  fields.delete(name);
  return value;
}

function options(fields) {
  const made = {};
  const secret = take(fields, "secret");
  if (secret !== undefined) made.secret = secret === "null" ? null : textOrBytes(secret);
  const secrets = take(fields, "secrets");
  if (secrets !== undefined) made.secret = secrets === "[]" ? [] : secrets.split(",").map(textOrBytes);
  const env = take(fields, "env");
  if (env !== undefined) process.env.TINK_WEBHOOK_SECRET = bytes(env).toString("utf8");
  const tolerance = take(fields, "tolerance");
  const special = { none: null, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY };
  if (tolerance !== undefined) made.tolerance = tolerance in special ? special[tolerance] : Number(tolerance);
  const schemes = take(fields, "schemes");
  if (schemes !== undefined) made.schemes = schemes.split(",").filter(Boolean);
  const cap = take(fields, "max_body_bytes");
  if (cap !== undefined) made.maxBodyBytes = Number(cap);
  const now = take(fields, "now");
  if (now !== undefined) made.clock = () => (now in special ? special[now] : Number(now) * 1000);
  return made;
}

/** `explain`, whose answer is never an error. */
function why(fields) {
  const secrets = take(fields, "secrets") ?? "[]";
  const header = take(fields, "signature");
  const found = explain(
    bytes(take(fields, "body") ?? ""),
    header === undefined ? undefined : bytes(header).toString("latin1"),
    secrets === "[]" ? [] : secrets.split(",").map(textOrBytes),
    { now: Number(take(fields, "now")) },
  );
  return {
    ok: 1,
    cause: found.cause,
    causes: found.causes.join(","),
    proved: Number(found.proved),
    where: toHex(found.where),
    fix: toHex(found.fix),
    text: toHex(String(found)),
    secret_index: found.secretIndex,
    original: found.originalBody?.toString("hex"),
  };
}

function showVerification(verification) {
  return {
    scheme: verification.scheme,
    secret_index: verification.secretIndex,
    signed_at: verification.signedAt,
    delivery_id: verification.deliveryId,
  };
}

function showEvent(event) {
  const hex = (text) => (text === undefined ? undefined : toHex(text));
  return {
    type: event.type,
    name: toHex(event.name),
    data: toHex(JSON.stringify(event.data)),
    timestamp: event.timestamp.getTime(),
    raw: toHex(JSON.stringify(event.raw)),
    serialized: toHex(event.serialize()),
    idempotency_key: event.idempotencyKey,
    context: event.context && toHex(JSON.stringify(event.context)),
    user_id: hex(event.userId),
    external_user_id: hex(event.externalUserId),
    ...(event.verification && showVerification(event.verification)),
  };
}

function showError(error) {
  return {
    kind: error.kind,
    reason: error.reason,
    status: error.status,
    age: error.age,
    tolerance: error.tolerance,
    hint: error.hint && toHex(error.hint),
    failures: error.errors?.length,
  };
}

function sign(fields) {
  const secret = take(fields, "secret") ?? "null";
  const timestamp = take(fields, "timestamp");
  const named = {};
  if (timestamp !== undefined) named.timestamp = Number(timestamp);
  const scheme = take(fields, "scheme");
  if (scheme !== undefined) named.scheme = scheme;
  const header = generateSignature(
    bytes(take(fields, "body") ?? ""),
    secret === "null" ? null : textOrBytes(secret),
    named,
  );
  return { ok: 1, header: toHex(header) };
}

function register(hooks, fields, ran) {
  const labelled = new Map();
  for (const item of (take(fields, "handlers") ?? "").split(",").filter(Boolean)) {
    const [key, label, mode] = item.split(":");
    if (!labelled.has(label)) {
      labelled.set(label, async () => {
        ran.push(label);
        if (mode.startsWith("fail")) throw new Error(label);
      });
    }
    hooks.registerHandler(bytes(key).toString(), labelled.get(label), { allowUnknown: mode.endsWith("+") });
  }
  for (const key of (take(fields, "unregister") ?? "").split(",").filter(Boolean)) {
    hooks.unregisterHandlers(bytes(key).toString());
  }
  return labelled;
}

function describe(hooks, labelled) {
  const labels = new Map([...labelled].map(([label, handler]) => [handler, label]));
  return Object.entries(hooks.getHandlers())
    .map(([key, handlers]) => `${toHex(key)}:${handlers.map((handler) => labels.get(handler)).join(" ")}`)
    .join(",");
}

/** A worker: it has no secret. */
async function restore(op, fields, ran) {
  const worker = new Dispatcher();
  register(worker, fields, ran);
  const event = WebhookEvent.deserialize(textOrBytes(take(fields, "body") ?? ""));
  if (op === "dispatch") await worker.dispatch(event);
  return { ok: 1, ...showEvent(event) };
}

async function run(op, fields, ran) {
  if (op === "sign") return sign(fields);
  if (op === "explain") return why(fields);
  if (op === "deserialize" || op === "dispatch") return restore(op, fields, ran);
  const hooks = new WebhookHandler(options(fields));
  const labelled = register(hooks, fields, ran);
  const body = bytes(take(fields, "body") ?? "");
  const header = take(fields, "signature");
  // Header values reach a Node program as Latin-1 text.
  const signature = header === undefined ? undefined : bytes(header).toString("latin1");
  switch (op) {
    case "configure":
      return { ok: 1, handlers: describe(hooks, labelled) };
    case "verify":
      return { ok: 1, ...showVerification(hooks.verifySignature(body, signature)) };
    case "construct":
      return { ok: 1, ...showEvent(hooks.constructEvent(body, signature)) };
    case "parse":
      return { ok: 1, ...showEvent(hooks.parseEvent(body)) };
    case "handle":
      return { ok: 1, ...showEvent(await hooks.handleWebhook(body, signature)) };
    default:
      throw new Error(`no such op: ${op}`);
  }
}

async function answer(op, fields) {
  if (op === "mac") {
    fields.clear();
    return { inexpressible: toHex("this binding has no HMAC of arbitrary keys") };
  }
  const ran = [];
  let result;
  try {
    result = await run(op, fields, ran);
  } catch (error) {
    fields.clear();
    if (!WebhookError.is(error)) return { crash: toHex(String(error?.stack)) };
    result = showError(error);
  }
  return op === "handle" || op === "dispatch" ? { ...result, ran: ran.join(",") } : result;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: 0 })) {
    const fields = new Map(
      line.split("\t").map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
    );
    const id = take(fields, "id");
    const result = await answer(take(fields, "op"), fields);
    if (fields.size > 0) {
      process.stderr.write(`${id}: unknown fields ${[...fields.keys()].join(", ")}\n`);
      process.exit(2);
    }
    const shown = Object.entries(result).filter(([, value]) => value !== undefined);
    process.stdout.write(`id=${id}${shown.map(([key, value]) => `\t${key}=${value}`).join("")}\n`);
  }
}

main();
