// Worker threads of one process, each of which loads the library.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { WebhookHandler } from "tink-webhooks";
import { signedDelivery } from "tink-webhooks/testing";

const NAMES = [
  "account:created",
  "account:updated",
  "refresh:finished",
  "payment:updated",
  "credentials.updated",
  "provider_consents.created",
  "enrichment-completed",
  "something:new",
];

/** A worker whose deliveries are signed with `secret`. Its handler object has the secret of its environment. */
function start(name, rounds, secret, env = { ...process.env, TINK_WEBHOOK_SECRET: secret }, foreignSecret = "another") {
  const workerData = { name, rounds, secret, foreignSecret };
  return new Worker(new URL("fixtures/worker.mjs", import.meta.url), { workerData, env });
}

/** The worker's result, which is its last message, and its exit code. */
async function finish(worker) {
  let result;
  worker.on("message", (message) => {
    result = message;
  });
  const [code] = await once(worker, "exit");
  return [result, code];
}

function assertDone([{ ran, refused, handlers }, code], name, rounds) {
  assert.deepEqual(ran, { [`${name} ${name} ${name}`]: rounds, [`* ${name} ${name}`]: rounds });
  assert.deepEqual([refused, handlers, code], [rounds, 2, 0]);
}

async function assertHealthy() {
  const hooks = new WebhookHandler({ secret: "main" });
  const ran = [];
  hooks.on("*", (event) => ran.push(event.data));
  const { body, signature } = signedDelivery("account:created", { secret: "main", data: { worker: "main" } });
  await hooks.handleWebhook(body, signature);
  assert.equal(ran[0].worker, "main");
}

test("load, use and end, again and again", async () => {
  for (const name of NAMES.slice(0, 4)) {
    assertDone(await finish(start(name, 200, "s3cret")), name, 200);
  }
  await assertHealthy();
});

test("eight at once, thousands of deliveries each, each with its own handlers and secret", async () => {
  const rounds = 3_000;
  const secret = (index) => `secret-${index % NAMES.length}`;
  const results = await Promise.all(
    NAMES.map((name, index) => finish(start(name, rounds, secret(index), undefined, secret(index + 1)))),
  );
  results.forEach((result, index) => {
    assertDone(result, NAMES[index], rounds);
  });
  await assertHealthy();
});

test("the environment is the worker's copy", async (context) => {
  process.env.TINK_WEBHOOK_SECRET = "at-the-start";
  context.after(() => delete process.env.TINK_WEBHOOK_SECRET);
  const copied = start("account:created", 200, "at-the-start", process.env, "later");
  process.env.TINK_WEBHOOK_SECRET = "later";
  assertDone(await finish(copied), "account:created", 200);
  assertDone(await finish(start("account:created", 200, "later", SHARE_ENV, "at-the-start")), "account:created", 200);
  // Without a secret in its copy a worker has none, whatever this thread's environment says.
  const [error] = await once(start("account:created", 200, "later", {}), "error");
  assert.equal(error.reason ?? error.message, "secret_not_configured");
});

test("workers that are stopped in the middle leave the process healthy", async () => {
  for (let round = 0; round < 5; round += 1) {
    const workers = NAMES.slice(0, 4).map((name) => start(name, Number.POSITIVE_INFINITY, "s3cret"));
    await Promise.all(
      workers.map(async (worker, index) => {
        await once(worker, "message"); // under way
        await new Promise((resolve) => setTimeout(resolve, index * 3));
        assert.equal(await worker.terminate(), 1);
      }),
    );
    await assertHealthy();
  }
  assertDone(await finish(start("account:created", 200, "s3cret")), "account:created", 200);
});

test("workers first, the main thread last", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL("fixtures/workers_first.mjs", import.meta.url)),
  ]);
  assert.deepEqual(JSON.parse(stdout), { outcomes: Array(6).fill([200, 0]), event: "account:created" });
});
