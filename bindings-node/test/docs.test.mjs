// Every program of docs/node.md compiles, and runs against the real framework. BullMQ needs a Redis, so its program is
// only compiled; what it does with an event is in event.test.mjs.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { signedDelivery } from "tink-webhooks/testing";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(import.meta.url);
const USER = "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED";
const environment = { ...process.env, TINK_WEBHOOK_SECRET: "s3cret" };
delete environment.NODE_TEST_CONTEXT; // a test run of its own, below "Testing"

/** How each program is tried, in the document's order: as a server, or with a few lines more and what it then prints. */
const SERVER = "a server";
const COMPILED = "compiled only";
const LAMBDA = `
  const { signedDelivery } = await import("tink-webhooks/testing");
  const delivery = signedDelivery();
  const requestContext = { http: { method: "POST" } };
  const event = { version: "2.0", headers: delivery.headers, requestContext, body: delivery.body.toString() };
  console.log((await handler(event)).statusCode);`;
const TRIALS = [
  ["Express", SERVER],
  ["Fastify", SERVER],
  [
    "Next.js",
    `const { signedDelivery } = await import("tink-webhooks/testing");
     console.log((await signedDelivery().post(POST)).status, runtime);`,
    [USER, "200 nodejs"],
  ],
  ["Next.js", SERVER],
  ["NestJS", SERVER],
  ["AWS Lambda", LAMBDA, [USER, "200"]],
  ["Handlers", "", [/^payment:updated 20.*Z$/, /^1 handler failed.* \[$/, /RangeError: no such order$/, /^ +at .*/]],
  [
    "Types",
    `const { WebhookHandler } = await import("tink-webhooks");
     const hooks = new WebhookHandler();
     for (const name of ["payment:updated", "refresh:finished", "a:new-one"]) {
       const content = { status: "SENT", amount: 12.5, currency: "EUR", credentialsStatus: "UPDATED" };
       console.log(describe(hooks.parseEvent(JSON.stringify({ event: name, content }))));
     }`,
    ["SENT 12.50 EUR", "UPDATED", "a:new-one"],
  ],
  ["BullMQ and other queues", COMPILED],
  [
    "Rotation",
    `const { signedDelivery } = await import("tink-webhooks/testing");
     for (const secret of ["the new secret", "the old secret"]) {
       const { body, signature } = signedDelivery("account:created", { secret });
       await hooks.handleWebhook(body, signature);
     }`,
    ["the old secret is still in use"],
  ],
  ["Testing", "", [/pass 2$/, /fail 0$/]],
];

const text = readFileSync(join(here, "../../docs/node.md"), "utf8");
const programs = text
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/^```ts\n(.*?)^```/gms)].map(([, program]) => ({ heading, program }));
  });

let folder;
before(async () => {
  folder = mkdtempSync(join(here, "made-"));
  const compilerOptions = {
    target: "es2022",
    module: "node16",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
  for (const [index, { program }] of programs.entries()) {
    writeFileSync(join(folder, `program${index}.mts`), program);
  }
  const tsc = require.resolve("typescript/package.json").replace("package.json", "bin/tsc");
  await run(process.execPath, [tsc, "-p", folder]).catch(({ stdout }) => assert.fail(stdout));
});
after(() => rmSync(folder, { recursive: true }));

test("every program is tried", () => {
  assert.deepEqual(
    programs.map(({ heading }) => heading),
    TRIALS.map(([heading]) => heading),
  );
});

for (const [index, [heading, trial, expected]] of TRIALS.entries()) {
  test(`${heading}, program ${index}`, async () => {
    const file = join(folder, `program${index}.mjs`);
    const program = readFileSync(file, "utf8");
    if (trial === SERVER) return serves(file, program);
    if (trial === COMPILED) return undefined;
    writeFileSync(file, `${program}\n${trial}`);
    const { stdout } = await run(process.execPath, [file], { env: environment });
    for (const line of expected) {
      const found = stdout
        .split("\n")
        .some((printed) => (typeof line === "string" ? printed === line : line.test(printed)));
      assert.ok(found, `${line} is not in:\n${stdout}`);
    }
    return undefined;
  });
}

/** Runs a program that listens on port 3000, on another port, and posts to it. */
async function serves(file, program) {
  const port = await freePort();
  assert.match(program, /\b3000\b/);
  writeFileSync(file, program.replace(/\b3000\b/, String(port)));
  const server = spawn(process.execPath, [file], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (chunk) => {
      printed += chunk;
    });
  }
  const ended = new Promise((resolve) => server.once("exit", resolve));
  try {
    const url = `http://127.0.0.1:${port}/webhooks/tink`;
    const post = (secret) => signedDelivery("refresh:finished", { secret }).post(url);
    let accepted;
    for (let tries = 0; !accepted; tries += 1) {
      accepted = await post("s3cret").catch(() => undefined);
      assert.ok(accepted || (tries < 200 && server.exitCode === null), printed);
      if (!accepted) await sleep(50);
    }
    const forged = await post("another");
    assert.deepEqual([accepted.status, accepted.text, forged.status], [200, "ok\n", 401]);
    server.kill();
    await ended;
    assert.ok(printed.split("\n").includes(USER), printed);
  } finally {
    server.kill("SIGKILL");
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
