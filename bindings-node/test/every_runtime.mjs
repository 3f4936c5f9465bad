// Runs the shared vectors and a receiver with the Web adapter on every runtime of tools/runtimes, and the package's own
// tests on those that are Node. `make test-all` calls it; `node test/every_runtime.mjs bun deno` runs only some.
//
// The receivers run as a user's would: in a project with the packed package installed, on the runtime's own server, in
// Deno with no more permissions than documented. This process is the sender.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SignedDelivery, signedDelivery } from "tink-webhooks/testing";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(PACKAGE, "..");
const RUNTIMES = join(ROOT, "tools/runtimes/node_modules");
const PROJECT = join(ROOT, "target/runtimes");
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
/** The time limits of a receiver and of each other step, in milliseconds. */
const PATIENCE = 120_000;
const PATIENCE_OF_SUITES = 900_000;

/** The command of each. The vectors' driver is not in node_modules, so Deno needs a permission to read it. */
const all = {
  node22: { program: "node22/bin/node", suite: true },
  node24: { program: "node24/bin/node", suite: true },
  bun: { program: "@oven/bun-linux-x64/bin/bun" },
  deno: {
    program: "@deno/linux-x64-glibc/deno",
    receiver: ["run", "--no-prompt", "--allow-ffi", "--allow-env=TINK_WEBHOOK_SECRET", "--allow-net=127.0.0.1"],
    driver: ["run", "--no-prompt", "--allow-ffi", "--allow-env=TINK_WEBHOOK_SECRET", "--allow-read"],
  },
};

/** Runs a command, shows its output, and tells whether it succeeded. */
function run(command, args, cwd = ROOT) {
  const limit = { timeout: PATIENCE_OF_SUITES, killSignal: "SIGKILL" };
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", ...limit });
  if (error) console.log(String(error));
  return !error && status === 0;
}

/** A project with the package in it, as npm would unpack it. */
function install() {
  rmSync(PROJECT, { recursive: true, force: true });
  mkdirSync(join(PROJECT, "node_modules/tink-webhooks"), { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", PROJECT], { cwd: PACKAGE });
  const [archive] = readdirSync(PROJECT).filter((name) => name.endsWith(".tgz"));
  const into = join(PROJECT, "node_modules/tink-webhooks");
  execFileSync("tar", ["-xzf", join(PROJECT, archive), "--strip-components=1", "-C", into]);
  writeFileSync(join(PROJECT, "package.json"), '{ "private": true, "type": "module" }\n');
  copyFileSync(join(PACKAGE, "test/fixtures/receiver.mjs"), join(PROJECT, "receiver.mjs"));
}

const body = (size) => `{"event":"account:created","context":{"userId":"u${size}"}}`.padEnd(size);
const sign = (event, options = {}) => signedDelivery(event, { secret: SECRET, ...options });
/** A body that the signature is not for. */
const tamper = ({ body, signature }) => new SignedDelivery(Buffer.from(body.toString().replace("{", "{ ")), signature);

/** The deliveries, with the status and the text of the answer. */
const cases = [
  ["accepted", sign("account:created", { context: { userId: "u1" } }), 200, "ok"],
  ["accepted, a name that is not known", sign("new:one", { context: { userId: "ü" } }), 200, "ok"],
  ["accepted, as large as the cap", sign("", { body: body(10_000) }), 200, "ok"],
  ["forged", sign("account:created", { secret: "of nobody" }), 401, "signature_mismatch"],
  ["tampered", tamper(sign("account:created")), 401, "signature_mismatch"],
  ["stale", sign("account:created", { timestamp: Date.now() / 1_000 - 400 }), 401, "timestamp_too_old"],
  ["of the other scheme", sign("credentials.updated", { scheme: "body" }), 401, "scheme_not_allowed"],
  ["without a signature", new SignedDelivery(Buffer.from("{}"), ""), 401, "missing_signature"],
  ["not JSON", sign("", { body: "{" }), 400, "invalid_json"],
  ["test ping", sign("", { body: '{"event":"test"}' }), 200, "test_webhook"],
  ["a handler that fails", sign("account:updated", { context: { userId: "u2" } }), 500, "handler_failed"],
  ["over the cap", sign("", { body: body(10_001) }), 413, "body_too_large"],
  ["far over the cap", sign("", { body: body(20_000_000) }), 413, "body_too_large"],
];
const RAN = [
  "payment:updated inside",
  "account:created u1",
  "new:one ü",
  "account:created u10000",
  "account:updated u2",
];

/** Posts without a Content-Length. */
async function postInChunks(url, { body, headers }) {
  const stream = new ReadableStream({
    async start(controller) {
      for (let start = 0; start < body.length; start += 4_000) {
        controller.enqueue(body.subarray(start, start + 4_000));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      controller.close();
    },
  });
  const response = await fetch(url, { method: "POST", body: stream, headers, duplex: "half" });
  return { status: response.status, text: await response.text() };
}

/** Starts the receiver, sends it every delivery, and lets it end by itself. */
async function checkReceiver(program, args) {
  const env = { ...process.env, TINK_WEBHOOK_SECRET: SECRET };
  const receiver = spawn(program, [...args, "receiver.mjs"], {
    cwd: PROJECT,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: PATIENCE,
    killSignal: "SIGKILL",
  });
  try {
    const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
    const [port, inside] = ((await lines.next()).value ?? "").split(" ");
    assert.ok(port, "the receiver does not start");
    assert.equal(inside, "200", "a delivery posted inside the process");
    const url = `http://127.0.0.1:${port}/webhooks/tink`;
    for (const [name, delivery, status, text] of cases) {
      const answer = await delivery.post(url);
      assert.deepEqual([answer.status, answer.text], [status, `${text}\n`], name);
    }
    const large = await postInChunks(url, sign("", { body: body(10_001) }));
    assert.deepEqual([large.status, large.text], [413, "body_too_large\n"], "over the cap, in chunks");
    const small = await postInChunks(url, sign("", { body: body(9_999) }));
    assert.deepEqual([small.status, small.text], [200, "ok\n"], "accepted, in chunks");
    assert.equal((await fetch(url)).status, 405, "GET");
    const seen = await (await fetch(new URL("/seen", url))).json();
    assert.deepEqual(seen.ran, [...RAN, "account:created u9999"], "what handlers got");
    const reasons = cases.map(([, , , text]) => text).filter((text) => text !== "ok");
    reasons.push("body_too_large");
    assert.deepEqual(seen.refused, reasons, "what onError got");
    const ended = new Promise((resolve) => receiver.once("exit", (code, signal) => resolve(signal ?? code)));
    await fetch(new URL("/stop", url), { headers: { connection: "close" } });
    assert.equal(await ended, 0, "how the receiver ends");
    console.log(`receiver: ${cases.length + 3} requests answered as they should be`);
    return true;
  } catch (error) {
    console.log(`receiver: ${error.stack}`);
    return false;
  } finally {
    receiver.kill("SIGKILL");
  }
}

/** Runs everything on one runtime. Gives what failed. */
async function check({ program, receiver = [], driver = [], suite }) {
  const failed = [];
  const vectors = ["tests/run_vectors.py", "--binding", "node", "--", program, ...driver, "tests/drivers/driver.cjs"];
  if (!run("python3", vectors)) failed.push("vectors");
  if (!(await checkReceiver(program, receiver))) failed.push("receiver");
  if (suite) {
    const tests = readdirSync(join(PACKAGE, "test")).filter((name) => /\.test\.[cm]js$/.test(name));
    const args = ["--test", "--test-reporter=dot", "--expose-gc", ...tests.map((name) => `test/${name}`)];
    console.log(`its tests: ${tests.length} files`);
    if (!run(program, args, PACKAGE)) failed.push("tests");
  }
  return failed;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in all));
if (unknown.length > 0) {
  console.log(`no such runtime: ${unknown.join(", ")}; there are ${Object.keys(all).join(", ")}`);
  process.exit(2);
}
const found = {};
const missing = [];
for (const [name, runtime] of Object.entries(all)) {
  const program = join(RUNTIMES, runtime.program);
  if (existsSync(program)) {
    const version = execFileSync(program, ["--version"]).toString().split("\n")[0];
    found[name] = { ...runtime, program, version: `${name.replace(/\d+/, "")} ${version.replace(/^(deno |v)/, "")}` };
  } else {
    missing.push(name);
  }
}
console.log(`here: node ${process.versions.node}, which \`make test\` ran`);
console.log(
  `found: ${
    Object.values(found)
      .map(({ version }) => version)
      .join(", ") || "none"
  }`,
);
console.log(`not found: ${missing.join(", ") || "none"}`);
// The packages of the runtimes are for one platform. On others there is nothing to run.
const expected =
  process.platform === "linux" && process.arch === "x64" && process.report.getReport().header.glibcVersionRuntime;
if (missing.length > 0 && expected) {
  console.log("they come with: npm ci, in tools/runtimes");
  process.exit(2);
}

install();
const failures = [];
for (const [name, runtime] of Object.entries(found)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n==> ${runtime.version}`);
  const failed = await check(runtime);
  failures.push(...failed.map((what) => `${runtime.version}: ${what} FAILED`));
}
console.log(`\n${failures.join("\n") || "every runtime: all passed"}`);
process.exitCode = failures.length > 0 ? 1 : 0;
