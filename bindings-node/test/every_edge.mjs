// The programs of docs/edge.md on the runtimes that they are for, with the packages of a release: workerd, also
// under Miniflare, Vercel's edge runtime in Next.js, Deno, Bun; the shared vectors in workerd, Deno and Bun; and the
// guide's Worker built by every bundler that it names. `make test-all` calls it; `node test/every_edge.mjs workerd vite`
// runs only some.
//
// Everything is served on loopback, on free ports. What is not installed is skipped by name.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { SignedDelivery, signedDelivery } from "tink-webhooks/testing";
import { freePort } from "./free_port.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(PACKAGE, "..");
const WORK = join(ROOT, "target/edge");
const RUNTIMES = join(ROOT, "tools/runtimes/node_modules");
const TOOLS = join(ROOT, "tools/edge/node_modules");
const NODE = join(RUNTIMES, "node24/bin/node");
const DENO = join(RUNTIMES, "@deno/linux-x64-glibc/deno");
const BUN = join(RUNTIMES, "@oven/bun-linux-x64/bin/bun");
const WORKERD = join(TOOLS, "workerd/bin/workerd");
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
/** How much larger a compressed bundle may become. */
const MOST_BYTES = 90_000;
/** A build cannot see the secret; a program can. */
const { TINK_WEBHOOK_SECRET: _, ...BUILDING } = process.env;
const QUIET = { ...BUILDING, CI: "1", WRANGLER_SEND_METRICS: "false", NEXT_TELEMETRY_DISABLED: "1" };

/** The blocks of the guide, by their heading and language. */
const guide = readFileSync(join(ROOT, "docs/edge.md"), "utf8");
function block(heading, language) {
  const section = guide.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  return section.match(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms"))[1];
}
const worker = block("Cloudflare Workers", "js");
/** The last block of its section. */
const explains = guide.match(/^## Why does it not verify\?.*^```js\n(.*?)^```/ms)[1];

/** A project with a release in its `node_modules`, beside links to other packages. */
function project(name, files, linked = []) {
  const folder = join(WORK, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const one of readdirSync(join(WORK, "release")).filter((file) => file.endsWith(".tgz"))) {
    const into = join(folder, "node_modules", one.replace(/-\d+\.\d+\.\d+.*$/, ""));
    mkdirSync(into);
    execFileSync("tar", ["-xzf", join(WORK, "release", one), "--strip-components=1", "-C", into]);
  }
  for (const one of linked) symlinkSync(one, join(folder, "node_modules", one.slice(one.lastIndexOf("/") + 1)));
  for (const [file, text] of Object.entries({ "package.json": '{ "private": true, "type": "module" }\n', ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

function run(program, args, cwd, env = QUIET) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: "utf8", timeout: 300_000 });
  assert.equal(status, 0, `${program} ${args.join(" ")}\n${error ?? ""}${stdout}${stderr}`);
  return stdout;
}

/** Starts a server, calls `use` with its URL once it answers, and ends it. Gives what it printed. */
async function serve(program, args, cwd, port, env, use) {
  const server = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      printed += text;
    });
  }
  const ended = once(server, "close");
  try {
    const url = `http://127.0.0.1:${port}/webhooks/tink`;
    for (let tries = 0; ; tries += 1) {
      try {
        await fetch(url);
        break;
      } catch (error) {
        assert.ok(tries < 600 && server.exitCode === null, `${error}\n${printed}`);
        await sleep(100);
      }
    }
    await use(url, () => printed);
  } finally {
    server.kill("SIGTERM");
    const patience = setTimeout(() => server.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(patience);
  }
  return printed;
}

const refreshed = (options) =>
  signedDelivery("refresh:finished", { secret: SECRET, context: { userId: "u1" }, ...options });
const PRINTED = "u1 UPDATED";
const large = JSON.stringify({ event: "a:b", content: "\u00fc\n".repeat(100_000) });
/** Deliveries, with the status of the answer and its text. */
const cases = [
  [refreshed(), 200, "ok"],
  [refreshed({ body: large }), 200, "ok"],
  [refreshed({ secret: "of nobody" }), 401, "signature_mismatch"],
  [new SignedDelivery(Buffer.from("{}"), refreshed().signature), 401, "signature_mismatch"],
  [refreshed({ timestamp: Date.now() / 1_000 - 400 }), 401, "timestamp_too_old"],
  [refreshed({ scheme: "body" }), 401, "scheme_not_allowed"],
  [refreshed({ body: "{" }), 400, "invalid_json"],
  [refreshed({ body: '{"event":"test"}' }), 200, "test_webhook"],
  [refreshed({ body: "x".repeat(2_097_153) }), 413, "body_too_large"],
];

async function answers(url) {
  for (const [delivery, status, text] of cases) {
    const answer = await delivery.post(url);
    assert.deepEqual([answer.status, answer.text], [status, `${text}\n`]);
  }
}

/** Serves modules, of which the first is the main one, in workerd. */
async function inWorkerd(folder, modules, use) {
  const port = await freePort();
  const listed = modules.map((file) => {
    const kind = /\.wasm/.test(file) ? "wasm" : "esModule";
    return `(name = "${file}", ${kind} = embed "${file.replace("?module", "")}")`;
  });
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${listed.join(", ")}],
  bindings = [(name = "TINK_WEBHOOK_SECRET", text = "${SECRET}")],
  compatibilityDate = "${block("Cloudflare Workers", "toml").match(/compatibility_date = "(.*)"/)[1]}",
);
`,
  );
  return await serve(WORKERD, ["serve", "config.capnp"], folder, port, BUILDING, use);
}

/** Builds a program of the guide with Wrangler, and serves it in workerd. Its modules are files of their own. */
async function workerd(name, source, { linked, modules = 1, use = answers, says = PRINTED } = {}) {
  const files = { "src/index.js": source, "wrangler.toml": block("Cloudflare Workers", "toml") };
  const folder = project(name, files, linked);
  const wrangler = join(TOOLS, "wrangler/bin/wrangler.js");
  const printed = run(NODE, [wrangler, "deploy", "--dry-run", "--outdir", "out"], folder);
  const out = join(folder, "out");
  const wasm = readdirSync(out).filter((file) => /\.wasm/.test(file));
  assert.equal(wasm.length, modules);
  assert.match(await inWorkerd(out, ["index.js", ...wasm], use), new RegExp(says));
  return printed.match(/Total Upload: .*/)[0];
}

/** Serves the guide's Worker as its developer does: by Wrangler, which has Miniflare for it. */
async function miniflare() {
  const config = block("Cloudflare Workers", "toml");
  const variables = `TINK_WEBHOOK_SECRET=${SECRET}\n`;
  const folder = project("miniflare", { "src/index.js": worker, "wrangler.toml": config, ".dev.vars": variables });
  const [port, inspector] = [await freePort(), await freePort()];
  const wrangler = [join(TOOLS, "wrangler/bin/wrangler.js"), "dev", "--ip", "127.0.0.1"];
  const args = [...wrangler, "--port", String(port), "--inspector-port", String(inspector)];
  const env = { ...QUIET, CLOUDFLARE_CF_FETCH_ENABLED: "false" }; // nothing about this machine's place
  assert.match(await serve(NODE, args, folder, port, env, answers), new RegExp(PRINTED));
}

/** A body that was parsed and written again is refused, and the log says why, behind the answer. */
const rewritten = "explained: numbers_rewritten";
async function refused(url, printed) {
  const { signature } = refreshed({ body: '{"event":"a:b","content":{"amount":23.00}}' });
  const answer = await new SignedDelivery(Buffer.from('{"event":"a:b","content":{"amount":23}}'), signature).post(url);
  assert.equal(answer.status, 401);
  for (let tries = 0; tries < 100 && !printed().includes(rewritten); tries += 1) await sleep(100);
}

/** Sends the shared vectors to a program that answers a line with a line over HTTP. */
async function vectorsInWorkerd() {
  const driver = `
    import * as library from "tink-webhooks";
    import "tink-webhooks/explain";
    import { driver } from "${pathToFileURL(join(ROOT, "tests/drivers/cases.mjs")).pathname}";
    const answer = driver(library);
    export default { fetch: async (request) => new Response(await answer(await request.text())) };`;
  const folder = project("vectors", { "driver.js": driver });
  const esbuild = await import("esbuild");
  const options = { bundle: true, format: "esm", conditions: ["workerd"], loader: { ".wasm": "copy" } };
  const [entryPoints, outdir] = [["driver.js"], join(folder, "out")];
  await esbuild.build({ ...options, absWorkingDir: folder, entryPoints, outdir, assetNames: "[name]" });
  const modules = ["tink_webhooks.wasm", "tink_webhooks_explain.wasm"];
  assert.deepEqual(readdirSync(outdir).sort(), ["driver.js", ...modules]);
  await inWorkerd(outdir, ["driver.js", ...modules.map((name) => `${name}?module`)], async (url) => {
    writeFileSync(join(folder, "bridge.mjs"), BRIDGE);
    await vectors(process.execPath, [join(folder, "bridge.mjs"), url]);
  });
}

/** A driver that hands on every line. */
const BRIDGE = `
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin, crlfDelay: 0 })) {
  const response = await fetch(process.argv[2], { method: "POST", body: line });
  console.log(response.ok ? await response.text() : "id=failed");
}
`;

/** Runs the vectors, while a server in this process or another may be needed. */
async function vectors(...command) {
  const args = ["tests/run_vectors.py", "--binding", "node-wasm", "--", ...command.flat()];
  const running = spawn("python3", args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  for await (const line of createInterface({ input: running.stdout })) {
    last = line || last;
    if (/failed|passed/.test(line)) console.log(line);
  }
  if (running.exitCode === null) await once(running, "exit");
  assert.equal(running.exitCode, 0, last);
}
const driver = [join(ROOT, "tests/drivers/driver.cjs"), join(PACKAGE, "dist/edge/inline/index.mjs")];

/** Imports a built Worker in an empty Node, and asks it as a runtime does. */
const ASK = `
const [file, secret, ...requests] = process.argv.slice(2);
const { default: worker } = await import(file);
for (const request of requests) {
  const { body, signature } = JSON.parse(request);
  const headers = { "x-tink-signature": signature };
  const init = { method: "POST", headers, body: Buffer.from(body, "base64") };
  const response = await worker.fetch(new Request("https://a/webhooks/tink", init), { TINK_WEBHOOK_SECRET: secret });
  console.log(response.status, (await response.text()).trim());
}
`;
function asked(folder, file) {
  writeFileSync(join(folder, "ask.mjs"), ASK);
  rmSync(join(folder, "node_modules"), { recursive: true }); // the bundle has everything
  const small = cases.filter(([{ body }]) => body.length < 1_000);
  const requests = small.map(([{ body, signature }]) => JSON.stringify({ body: body.toString("base64"), signature }));
  const printed = run(
    process.execPath,
    ["ask.mjs", pathToFileURL(join(folder, file)).href, SECRET, ...requests],
    folder,
  );
  assert.deepEqual(printed.trim().split("\n"), [PRINTED, ...small.map(([, status, text]) => `${status} ${text}`)]);
  const text = readFileSync(join(folder, file), "utf8");
  assert.doesNotMatch(text, /process\.env|require\(["']|from ?["']node:/);
  return text;
}

const checks = {
  workerd: () => workerd("workerd", worker),
  "hono on workerd": () => workerd("hono", block("Hono", "js"), { linked: [join(PACKAGE, "node_modules/hono")] }),
  "explain on workerd": () => workerd("explain", explains, { modules: 2, use: refused, says: rewritten }),
  miniflare,
  "vectors in workerd": vectorsInWorkerd,
  "vectors in deno": () => vectors(DENO, ["run", "--no-prompt", "--allow-read"], driver),
  "vectors in bun": () => vectors(BUN, driver),
  async deno() {
    const port = await freePort();
    const folder = project("deno", { "main.js": block("Deno Deploy", "js") });
    // Where the service chooses port and host, `deno serve` and these variables do.
    const env = { ...BUILDING, TINK_WEBHOOK_SECRET: SECRET, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` };
    const args = ["run", "--no-prompt", "--allow-env=TINK_WEBHOOK_SECRET", "--allow-net", "main.js"];
    assert.match(await serve(DENO, args, folder, port, env, answers), new RegExp(PRINTED));
  },
  async "deno without --allow-ffi, by the package's own name"() {
    const port = await freePort();
    const folder = project("deno-fallback", {
      "main.js": block("Deno Deploy", "js").replaceAll("tink-webhooks/wasm", "tink-webhooks"),
    });
    const env = { ...BUILDING, TINK_WEBHOOK_SECRET: SECRET, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` };
    const args = ["run", "--no-prompt", "--allow-env=TINK_WEBHOOK_SECRET", "--allow-net", "main.js"];
    const printed = await serve(DENO, args, folder, port, env, answers);
    assert.match(printed, new RegExp(PRINTED));
    assert.equal(printed.match(/WebAssembly takes the place of the native library/g)?.length, 1, printed);
  },
  async bun() {
    const port = await freePort();
    const source = block("Bun", "js").replace("port: 3000", `hostname: "127.0.0.1", port: ${port}`);
    const folder = project("bun", { "main.js": source });
    const env = { ...BUILDING, TINK_WEBHOOK_SECRET: SECRET };
    assert.match(await serve(BUN, ["main.js"], folder, port, env, answers), new RegExp(PRINTED));
  },
  async vercel() {
    const linked = ["next", "react", "react-dom"].map((name) => join(RUNTIMES, name));
    const config = { outputFileTracingRoot: ROOT, turbopack: { root: ROOT } };
    const files = {
      "package.json": '{ "private": true }\n',
      "next.config.mjs": `export default ${JSON.stringify(config)};\n`,
      "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;\n",
      "app/webhooks/tink/route.js": block("Vercel", "js"),
    };
    const folder = project("vercel", files, linked);
    const command = join(RUNTIMES, "next/dist/bin/next");
    run(process.execPath, [command, "build"], folder);
    const port = await freePort();
    const env = { ...QUIET, TINK_WEBHOOK_SECRET: SECRET };
    const args = [command, "start", "--hostname", "127.0.0.1", "--port", String(port)];
    assert.match(await serve(process.execPath, args, folder, port, env, answers), new RegExp(PRINTED));
  },
  async esbuild() {
    const folder = project("esbuild", { "src/index.js": worker });
    const options = guide.match(/^\| esbuild \| `(.*?)`/m)[1].split(" ");
    const command = join(PACKAGE, "node_modules/.bin/esbuild");
    const bundle = (...more) => run(command, ["src/index.js", ...options, "--log-level=error", ...more], folder);
    bundle("--outfile=out.mjs");
    bundle("--minify", "--outfile=small.mjs");
    const bytes = gzipSync(readFileSync(join(folder, "small.mjs")), { level: 9 }).length;
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
    asked(folder, "out.mjs");
    return `${bytes} bytes, minified and compressed`;
  },
  async rollup() {
    const folder = project("rollup", { "src/index.js": worker });
    const [{ rollup }, { default: nodeResolve }] = await Promise.all([
      import("rollup"),
      import("@rollup/plugin-node-resolve"),
    ]);
    const made = await rollup({ input: join(folder, "src/index.js"), plugins: [nodeResolve()] });
    await made.write({ file: join(folder, "out.mjs"), format: "es" });
    asked(folder, "out.mjs");
  },
  async webpack() {
    const folder = project("webpack", { "src/index.js": worker });
    const options = [...guide.match(/^\| webpack \| (.*) \|$/m)[1].matchAll(/`(.*?)`/g)].map(([, one]) => one);
    const { output, ...given } = new Function(`return { ${options.join(", ")} };`)();
    const { default: webpack } = await import("webpack");
    const common = { mode: "production", context: folder, entry: "./src/index.js" };
    const config = { ...common, ...given, output: { path: folder, filename: "out.mjs", ...output } };
    const stats = await new Promise((resolve, reject) =>
      webpack(config, (error, stats) => (error ? reject(error) : resolve(stats))),
    );
    assert.ok(!stats.hasErrors(), stats.toString({ all: false, errors: true }));
    asked(folder, "out.mjs");
  },
  async vite() {
    const folder = project("vite", { "src/index.js": worker });
    const line = guide.match(/^\| Vite \| `(.*?)` \|$/m)[1];
    writeFileSync(join(folder, "vite.config.mjs"), `export default { ${line}, logLevel: "warn" };\n`);
    run(NODE, [join(TOOLS, "vite/bin/vite.js"), "build"], folder);
    const [file] = readdirSync(join(folder, "dist")).filter((name) => /\.m?js$/.test(name));
    cpSync(join(folder, "dist", file), join(folder, "out.mjs"));
    asked(folder, "out.mjs");
  },
};
/** What each needs that is not among the development dependencies. */
const needs = (name) =>
  [
    [/workerd|miniflare/, TOOLS],
    [/workerd|miniflare|vite/, NODE],
    [/vite/, TOOLS],
    [/deno/, DENO],
    [/bun/, BUN],
    [/vercel/, join(RUNTIMES, "next")],
  ]
    .filter(([names, file]) => names.test(name) && !existsSync(file))
    .map(([, file]) => file);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.keys(checks).some((known) => known.includes(name)));
if (unknown.length > 0) {
  console.log(`no such check: ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}
rmSync(join(WORK, "release"), { recursive: true, force: true });
mkdirSync(WORK, { recursive: true });
execFileSync(process.execPath, ["pack.mjs", join(WORK, "release")], { cwd: PACKAGE });
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.some((one) => name.includes(one))) continue;
  const missing = needs(name);
  if (missing.length > 0) {
    console.log(`${name}: skipped: not installed: ${missing.join(", ")}`);
    continue;
  }
  try {
    console.log(`${name}: ${(await check()) ?? "ok"}`);
  } catch (error) {
    failed += 1;
    console.log(`${name}: FAILED\n${error.stack}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
