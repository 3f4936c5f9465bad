// Every program of docs/node.md compiles, as do those of the READMEs, in both ways in which TypeScript resolves modules;
// and every program and command of docs/node.md runs, against the real framework.
//
// What is not run: what is said of `next build`, whose package is not among the tools; `make build-node` and the `npm
// install` of tools, which was done when the tests started. The programs on BullMQ are compiled against it and run in two
// processes, with a queue in a file in place of one in Redis. sentry.test.mjs looks at what Sentry's program does.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { signedDelivery } from "tink-webhooks/testing";
import { freePort } from "./free_port.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(import.meta.url);
const USER = "5f0c2a9be1d84f7ea0b6c3d2918e7a40 UPDATED";
const environment = { ...process.env, TINK_WEBHOOK_SECRET: "s3cret" };
delete environment.NODE_TEST_CONTEXT; // a test run of its own, below "Testing"

/** How each program is tried, in the document's order: as a server, or with a few lines more and what it then prints. */
const SERVER = "a server";
const QUEUE = "in two processes";
const LAMBDA = `
  const { signedDelivery } = await import("tink-webhooks/testing");
  const delivery = signedDelivery();
  const requestContext = { http: { method: "POST" } };
  const event = { version: "2.0", headers: delivery.headers, requestContext, body: delivery.body.toString() };
  console.log((await handler(event)).statusCode);`;
const TRIALS = [
  ["A receiver", SERVER],
  ["Without a server", "", ["u1 UPDATED"]],
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
  ["Metrics", SERVER],
  [
    "Sentry",
    `console.log(Sentry.getClient().getDataCollectionOptions().httpBodies.length, "bodies");
     process.exit();`,
    ["0 bodies"],
  ],
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
  ["BullMQ and other queues", QUEUE],
  ["BullMQ and other queues", QUEUE],
  ["Testing", "", [/pass 2$/, /fail 0$/]],
];

const text = readFileSync(join(here, "../../docs/node.md"), "utf8");
const blocks = text.split(/^#+ (?=[^\n]*$)/m).flatMap((section) => {
  const heading = section.slice(0, section.indexOf("\n"));
  return [...section.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language, block]) => ({ heading, language, block }));
});
const programs = blocks.filter(({ language }) => language !== "sh");
const commands = (wanted) => blocks.find(({ heading, language }) => language === "sh" && heading === wanted).block;

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
  for (const [index, { block }] of programs.entries()) {
    writeFileSync(join(folder, `program${index}.mts`), block);
  }
  // The other pages with a program for Node; that of the package has an endpoint around it.
  const around = 'declare const body: Buffer, request: import("node:http").IncomingMessage;\n';
  for (const [name, page, before] of [
    ["readme", "../../README.md", ""],
    ["package", "../README.md", around],
  ]) {
    const [[, block], ...more] = readFileSync(join(here, page), "utf8").matchAll(/^```[jt]s\n([\s\S]*?)^```/gm);
    assert.deepEqual(more, [], page);
    writeFileSync(join(folder, `${name}.mts`), before + block);
  }
  const tsc = require.resolve("typescript/package.json").replace("package.json", "bin/tsc");
  const check = (...options) =>
    run(process.execPath, [tsc, "-p", folder, ...options]).catch(({ stdout }) => assert.fail(stdout));
  await check(); // with module node16, which emits
  await check("--noEmit", "--module", "esnext", "--moduleResolution", "bundler");
});
after(() => rmSync(folder, { recursive: true }));

test("every program is tried", () => {
  assert.deepEqual(
    programs.map(({ heading }) => heading),
    TRIALS.map(([heading]) => heading),
  );
  const others = blocks.filter(({ language }) => language === "sh").map(({ heading }) => heading);
  assert.deepEqual(others, ["Node", "Try it with curl", ...Array(2).fill("Modules and TypeScript")]);
});

for (const [index, [heading, trial, expected]] of TRIALS.entries()) {
  test(`${heading}, program ${index}`, async () => {
    const file = join(folder, `program${index}.mjs`);
    const program = readFileSync(file, "utf8");
    if (trial === SERVER) return serves(file, program);
    if (trial === QUEUE) return program.includes("new Worker") ? undefined : passesOn(index);
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

/** Runs a program that listens on port 8000, on another port, and posts to it. */
async function serves(file, program) {
  const port = await freePort();
  assert.match(program, /\b8000\b/);
  writeFileSync(file, program.replace(/\b8000\b/, String(port)));
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
    if (program.includes("/metrics")) await measures(new URL("/metrics", url));
    server.kill();
    await ended;
    assert.ok(printed.split("\n").includes(USER), printed);
  } finally {
    server.kill("SIGKILL");
  }
}

/** Scrapes the metrics of a server to which one delivery and one forgery were posted. */
async function measures(url) {
  const response = await fetch(url);
  const lines = (await response.text()).split("\n");
  assert.match(response.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
  for (const line of [
    "# TYPE tink_webhook_deliveries_total counter",
    'tink_webhook_deliveries_total{outcome="handled",reason="",event="refresh_finished"} 1',
    'tink_webhook_deliveries_total{outcome="refused",reason="signature_mismatch",event=""} 1',
    'tink_webhook_duration_seconds_count{outcome="handled"} 1',
    'tink_webhook_duration_seconds_count{outcome="refused"} 1',
  ]) {
    assert.ok(lines.includes(line), `${line} is not in:\n${lines.join("\n")}`);
  }
  const [, sum] = lines.join("\n").match(/^tink_webhook_duration_seconds_sum\{outcome="handled"\} (.*)$/m);
  assert.ok(sum > 0 && sum < 5, "in seconds");
}

/** What stands in for BullMQ: jobs are lines of a file, JSON as in Redis. */
const QUEUE_IN_A_FILE = `
import { appendFileSync, readFileSync } from "node:fs";
export class Queue {
  async add(name, data) { appendFileSync(process.env.JOBS, JSON.stringify({ name, data }) + "\\n"); }
}
export class Worker {
  constructor(_name, work) {
    for (const line of readFileSync(process.env.JOBS, "utf8").trim().split("\\n")) work(JSON.parse(line));
  }
}`;

/** The web process puts an event into the queue; a worker without the secret, another process, handles it. */
async function passesOn(index) {
  const fake = join(folder, "node_modules/bullmq");
  mkdirSync(fake, { recursive: true });
  writeFileSync(join(fake, "package.json"), '{"name":"bullmq","type":"module","exports":"./index.js"}');
  writeFileSync(join(fake, "index.js"), QUEUE_IN_A_FILE);
  environment.JOBS = join(folder, "jobs");
  const port = await freePort();
  const web = join(folder, `program${index}.mjs`);
  writeFileSync(web, readFileSync(web, "utf8").replace(/\b8000\b/, String(port)));
  const server = spawn(process.execPath, [web], { env: environment, stdio: "inherit" });
  try {
    const delivery = signedDelivery("refresh:finished", { secret: "s3cret" });
    const answer = await retried(() => delivery.post(`http://127.0.0.1:${port}/webhooks/tink`), server);
    assert.equal(answer.status, 200);
    const { TINK_WEBHOOK_SECRET: _, ...without } = environment;
    const worker = join(folder, `program${index + 1}.mjs`);
    const { stdout } = await run(process.execPath, [worker], { env: without });
    assert.equal(stdout, `${delivery.signature.match(/v1=(.{32})/)[1]} UPDATED\n`);
  } finally {
    server.kill("SIGKILL");
  }
}

/** Calls until the server listens. */
async function retried(call, server) {
  for (let tries = 0; ; tries += 1) {
    const answer = await call().catch(() => undefined);
    if (answer) return answer;
    assert.ok(tries < 200 && server.exitCode === null, "the server does not listen");
    await sleep(50);
  }
}

test("the receiver answers curl as the guide says", async () => {
  const made = mkdtempSync(join(folder, "curl-"));
  const port = String(await freePort());
  writeFileSync(join(made, "receiver.mjs"), programs[0].block.replace("8000", port));
  assert.ok(text.includes("in `receiver.mjs`:") && text.includes("`node receiver.mjs`"));
  const server = spawn("node", ["receiver.mjs"], { cwd: made, env: environment, stdio: ["ignore", "pipe", "ignore"] });
  let printed = "";
  server.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  try {
    await retried(() => fetch(`http://127.0.0.1:${port}/`), server);
    const script = commands("Try it with curl").replace("8000", port);
    for (const [secret, status, answer] of [
      ["s3cret", "200", "ok"],
      ["another", "401", "signature_mismatch"],
    ]) {
      const env = { ...environment, TINK_WEBHOOK_SECRET: secret };
      const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: made, env });
      assert.equal(stdout.split(" ")[1], status);
      assert.equal(stdout.trimEnd().split("\n").at(-1), answer);
    }
    assert.equal(printed, "u1 UPDATED\n");
    assert.ok(text.includes("prints `u1 UPDATED`"));
  } finally {
    server.kill("SIGKILL");
  }
});

test("the commands of Install and of TypeScript work in a new folder", async () => {
  const made = mkdtempSync(join(tmpdir(), "tink-docs-"));
  const project = join(made, "project");
  const shell = (script) => run("bash", ["-euc", script], { cwd: project, env: environment });
  try {
    mkdirSync(project);
    symlinkSync(join(here, "../.."), join(made, "tink-webhooks"));
    await shell("npm init -y");
    const [build, install] = commands("Node").trim().split(" && ");
    assert.equal(build, "make -C ../tink-webhooks build-node");
    await shell(`${install} --offline --no-audit --no-fund`);
    const [type, types] = blocks
      .filter(({ heading }) => heading === "Modules and TypeScript")
      .map(({ block }) => block);
    await shell(type);
    const [tools, init, check] = types.trim().split("\n");
    // The tools are here already; these are the links that npm would make.
    assert.equal(tools, "npm install --save-dev typescript @types/node");
    for (const name of ["typescript", "@types/node", "@typescript", ".bin/tsc"]) {
      const link = join(project, "node_modules", name);
      mkdirSync(join(link, ".."), { recursive: true });
      symlinkSync(join(here, "../node_modules", name), link);
    }
    await shell(init);
    writeFileSync(join(project, "a.ts"), programs.find(({ heading }) => heading === "Without a server").block);
    await shell(check);
    writeFileSync(join(project, "a.js"), programs.find(({ heading }) => heading === "Without a server").block);
    assert.equal((await shell("node a.js")).stdout, "u1 UPDATED\n");
  } finally {
    rmSync(made, { recursive: true });
  }
});

test("what the guide says beside its programs", async () => {
  const { default: tink, WebhookHandler, generateSignature, handleWebhook } = await import("tink-webhooks");
  assert.ok(tink);
  // The default handler takes bare signatures.
  process.env.TINK_WEBHOOK_SECRET = "s3cret";
  const body = '{"event":"account:created"}';
  const event = await handleWebhook(body, generateSignature(body, "s3cret", { scheme: "body" }));
  assert.equal(event.verification.scheme, "body");
  // A worker needs some secret.
  delete process.env.TINK_WEBHOOK_SECRET;
  assert.throws(() => new WebhookHandler({ schemes: ["v1"] }), { reason: "secret_not_configured" });
  // Rotation.
  const hooks = new WebhookHandler({ secret: ["new", "old"], schemes: ["v1"] });
  for (const [index, secret] of ["new", "old"].entries()) {
    assert.equal(hooks.constructEvent(body, generateSignature(body, secret)).verification.secretIndex, index);
  }
  // The files that the guide names.
  for (const [, target] of text.matchAll(/\]\((\.\.\/examples[^)]*)\)/g)) {
    assert.ok(existsSync(join(here, "../../docs", target)), target);
  }
});
