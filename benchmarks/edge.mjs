// What a delivery costs at the edge: the package over WebAssembly beside what a Worker would write by hand, Web Crypto
// and JSON.parse; and how long the module takes to start. In Node, and in workerd, Deno and Bun where tools/edge and
// tools/runtimes are installed.
//
//   node benchmarks/edge.mjs [ROUNDS [--json]]
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
import { compare } from "./edge/compare.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..");
const PACKAGE = join(ROOT, "bindings-node");
const WORK = join(ROOT, "target/edge-bench");
const WORKERD = join(ROOT, "tools/edge/node_modules/workerd/bin/workerd");
const RUNTIMES = join(ROOT, "tools/runtimes/node_modules");
const DENO = join(RUNTIMES, "@deno/linux-x64-glibc/deno");
const BUN = join(RUNTIMES, "@oven/bun-linux-x64/bin/bun");
const [given = "31", json] = process.argv.slice(2);
const rounds = Number(given);

const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
const shown = (ns) => (ns < 100_000 ? `${(ns / 1_000).toFixed(1)} us` : `${(ns / 1e6).toFixed(2)} ms`);
const version = (program) => execFileSync(program, ["--version"]).toString().trim().split("\n")[0];

/** Medians, and in brackets the median of the ratios to the module. */
function show(runtime, rows) {
  for (const wasm of rows.filter((row) => row.case === "wasm")) {
    const others = rows.filter((row) => row.bytes === wasm.bytes && row !== wasm);
    const columns = others.map(({ case: way, ns }) => {
      const ratio = median(ns.map((one, round) => one / wasm.ns[round]));
      return `; ${way} ${shown(median(ns))} (${ratio.toFixed(1)}x)`;
    });
    console.log(`${runtime}, ${wasm.bytes} bytes: wasm ${shown(median(wasm.ns))}${columns.join("")}`);
  }
}

/** Milliseconds to compile the module and to instantiate it, in Node. */
function starts() {
  const bytes = readFileSync(join(PACKAGE, "dist/tink_webhooks.wasm"));
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return performance.now() - began;
  });
}

/** In a runtime that measures itself; in Node beside the native library as well. */
function inside(program, ...options) {
  const files = ["dist/edge/inline/index.mjs", ...(program === process.execPath ? ["index.mjs"] : [])];
  const args = [...options, join(HERE, "edge/inside.mjs"), given];
  const urls = files.map((file) => pathToFileURL(join(PACKAGE, file)).href);
  return JSON.parse(execFileSync(program, [...args, ...urls], { stdio: ["ignore", "pipe", "inherit"] }));
}

async function inWorkerd() {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const [edge, deliveries] = [join(PACKAGE, "dist/edge/module/index.mjs"), join(HERE, "edge/deliveries.mjs")];
  const program = `import * as library from ${JSON.stringify(edge)};
    import { make } from ${JSON.stringify(deliveries)};
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
    return await compare(["wasm", "Web Crypto"], rounds, async (way, size, count) => {
      const empty = await timed("none", size, 1);
      return Math.max(1, (await timed(way, size, count * more)) - empty) / more;
    });
  } finally {
    running.kill("SIGTERM");
    await once(running, "close");
  }
}

if (!existsSync(join(PACKAGE, "dist/edge"))) throw new Error("first run: make build-node");
const found = { started_ms: starts(), runtimes: [], left_out: [] };
const runtimes = [
  [process.execPath, `Node ${process.versions.node}`, () => inside(process.execPath)],
  [WORKERD, "workerd", inWorkerd],
  [DENO, "Deno", () => inside(DENO, "run", "--no-prompt", "--allow-read")],
  [BUN, "Bun", () => inside(BUN)],
];
for (const [program, name, measure] of runtimes) {
  if (!existsSync(program)) {
    found.left_out.push(name);
    continue;
  }
  const numbered = {
    workerd: () => version(WORKERD),
    Deno: () => `Deno ${version(DENO).split(" ")[1]}`,
    Bun: () => `Bun ${version(BUN)}`,
  };
  found.runtimes.push({ runtime: numbered[name]?.() ?? name, measured: await measure() });
}
if (json) {
  console.log(JSON.stringify(found));
} else {
  console.log(`compiled and instantiated in Node in ${median(found.started_ms).toFixed(2)} ms`);
  for (const { runtime, measured } of found.runtimes) show(runtime, measured);
  for (const name of found.left_out)
    console.log(`skipped: ${name} is not installed (npm ci, in tools/edge or tools/runtimes)`);
}
