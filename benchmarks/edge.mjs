// What a delivery costs at the edge: the package over WebAssembly beside what a Worker would write by hand, Web Crypto
// and JSON.parse; and how long the module takes to start. In Node, and in workerd where tools/edge is installed.
//
//   node benchmarks/edge.mjs
//
// Each pair is measured in turn, round by round; of each round only the ratio counts. A program in workerd sees no time
// pass, so there the rounds are timed from outside, less what a request costs that does nothing.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PACKAGE = join(ROOT, "bindings-node");
const WORK = join(ROOT, "target/edge-bench");
const WORKERD = join(ROOT, "tools/edge/node_modules/workerd/bin/workerd");
const ROUNDS = 31;
const SIZES = { "349 B": [349, 300], "979 B": [979, 300], "10 KB": [10_000, 100], "1 MB": [1_000_000, 2] };

/** What is measured, for every runtime: a program of Web standards. */
const MEASURED = `
export async function make({ WebhookHandler, generateSignature }) {
  const secret = "67abc1e08fb64c92b450a13e0876330b";
  const hooks = new WebhookHandler({ secret, schemes: ["v1"] });
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const ways = {
    wasm: (body, signature) => hooks.constructEvent(body, signature).data,
    async "Web Crypto"(body, signature) {
      const [, t, hex] = /^t=(\\d+),v1=([0-9a-f]{64})$/.exec(signature);
      const signed = new Uint8Array(t.length + 1 + body.length);
      signed.set(encoder.encode(t + "."));
      signed.set(body, t.length + 1);
      const mac = Uint8Array.from(hex.match(/../g), (digits) => Number.parseInt(digits, 16));
      if (!(await crypto.subtle.verify("HMAC", key, mac, signed))) throw new Error("forged");
      if (Math.abs(Date.now() / 1_000 - Number(t)) > 300) throw new Error("old");
      return JSON.parse(new TextDecoder().decode(body)).content;
    },
    none: () => ({}),
  };
  const deliveries = new Map();
  return async (way, size, count) => {
    if (!deliveries.has(size)) {
      const item = { id: "a1b2c3d4e5f6", amount: 12.5, currency: "EUR", text: "some words", list: [1, 2, 3] };
      const event = { event: "payment:updated", context: { userId: "u1" }, content: { items: [item], padding: "" } };
      while (JSON.stringify(event).length + JSON.stringify(item).length < size) event.content.items.push(item);
      event.content.padding = "x".repeat(Math.max(0, size - JSON.stringify(event).length));
      const body = encoder.encode(JSON.stringify(event));
      deliveries.set(size, [body, generateSignature(body, secret)]);
    }
    const [body, signature] = deliveries.get(size);
    let made = 0;
    for (let done = 0; done < count; done += 1) {
      let data = ways[way](body, signature);
      if (data instanceof Promise) data = await data;
      made += data === undefined ? 0 : 1;
    }
    if (made !== count) throw new Error(way + " gave no data");
  };
}
`;

const median = (numbers) => numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
const shown = (ns) => (ns < 100_000 ? `${(ns / 1_000).toFixed(1)} us` : `${(ns / 1e6).toFixed(2)} ms`);

/** Rows of a runtime: `time` gives the nanoseconds of so many calls of a way. */
async function compare(runtime, ways, time) {
  for (const [name, [size, count]] of Object.entries(SIZES)) {
    for (const way of ways) await time(way, size, Math.max(1, count / 2));
    const times = Object.fromEntries(ways.map((way) => [way, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of ways) times[way].push(await time(way, size, count));
    }
    const [wasm, ...others] = ways;
    const columns = others.map((way) => {
      const ratio = median(times[way].map((ns, round) => ns / times[wasm][round]));
      return `${way} ${shown(median([...times[way]]) / count)} (${ratio.toFixed(1)}x)`;
    });
    console.log(
      `${runtime.padEnd(8)} ${name.padEnd(6)} wasm ${shown(median([...times[wasm]]) / count)}; ${columns.join("; ")}`,
    );
  }
}

async function inNode() {
  const started = [];
  const bytes = readFileSync(join(PACKAGE, "dist/tink_webhooks.wasm"));
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    new WebAssembly.Instance(new WebAssembly.Module(bytes));
    started.push(performance.now() - began);
  }
  const size = `${bytes.length} bytes`;
  console.log(`Node     start  compiled and instantiated in ${median(started).toFixed(2)} ms (${size})`);
  const { make } = await import(`data:text/javascript,${encodeURIComponent(MEASURED)}`);
  const edge = await make(await import(pathToFileURL(join(PACKAGE, "dist/edge/inline/index.mjs")).href));
  const native = await make(await import(pathToFileURL(join(PACKAGE, "index.mjs")).href));
  await compare("Node", ["wasm", "Web Crypto", "native"], async (way, size, count) => {
    const run = way === "native" ? native : edge;
    const began = process.hrtime.bigint();
    await run(way === "native" ? "wasm" : way, size, count);
    return Number(process.hrtime.bigint() - began);
  });
}

async function inWorkerd() {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const edge = JSON.stringify(join(PACKAGE, "dist/edge/module/index.mjs"));
  const program = `import * as library from ${edge};
    ${MEASURED}
    let measured;
    export default {
      async fetch(request) {
        const [way, size, count] = JSON.parse(decodeURIComponent(new URL(request.url).search.slice(1)));
        measured ??= make(library);
        await (await measured)(way, size, count);
        return new Response("done");
      },
    };`;
  const { build } = createRequire(join(PACKAGE, "package.json"))("esbuild");
  const stdin = { contents: program, resolveDir: ROOT };
  const options = { bundle: true, format: "esm", loader: { ".wasm": "copy" }, assetNames: "[name]" };
  await build({ ...options, stdin, outfile: join(WORK, "worker.js") });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  writeFileSync(
    join(WORK, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "tink_webhooks.wasm?module", wasm = embed "tink_webhooks.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
`,
  );
  const running = spawn(WORKERD, ["serve", "config.capnp"], { cwd: WORK, stdio: "inherit" });
  const ask = async (...what) => {
    const response = await fetch(`http://127.0.0.1:${port}/?${encodeURIComponent(JSON.stringify(what))}`);
    if ((await response.text()) !== "done") throw new Error(`workerd: ${response.status}`);
  };
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        await ask("none", 349, 1);
        break;
      } catch (error) {
        if (tries > 100) throw error;
        await sleep(100);
      }
    }
    const timed = async (...what) => {
      const began = process.hrtime.bigint();
      await ask(...what);
      return Number(process.hrtime.bigint() - began);
    };
    // So many more calls that a request's own cost is small beside them.
    const more = 10;
    await compare("workerd", ["wasm", "Web Crypto"], async (way, size, count) => {
      const empty = await timed("none", size, 1);
      return Math.max(1, (await timed(way, size, count * more)) - empty) / more;
    });
  } finally {
    running.kill("SIGTERM");
    await once(running, "close");
  }
}

if (!existsSync(join(PACKAGE, "dist/edge"))) throw new Error("first run: make build-node");
console.log(`Node ${process.versions.node}; medians of ${ROUNDS} rounds; in brackets the median of the ratios to wasm`);
await inNode();
if (existsSync(WORKERD)) {
  console.log(execFileSync(WORKERD, ["--version"]).toString().trim());
  await inWorkerd();
} else {
  console.log("skipped: workerd is not installed (npm ci, in tools/edge)");
}
