// Makes what the package has for WebAssembly, of the module in FILE and of the one in EXPLAIN, which explains as well:
// `node edge.mjs FILE EXPLAIN`, after `tsc`.
//
// - dist/tink_webhooks.wasm, dist/tink_webhooks_explain.wasm: the modules
// - dist/edge/module/: the package as an ES module for runtimes that give a module by `import`
// - dist/edge/inline/: the same with the module inside, for all others
// - dist/wasm-module.js: the module that explains for Node, where the library of the platform is missing. A literal `require` takes it
//   along wherever bundlers and tracers look.
//
// The code is that of `ts/`. Only `runtime.ts` and `native.ts` are those of `ts/edge/`.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const [wasm, explaining] = ["tink_webhooks.wasm", "tink_webhooks_explain.wasm"].map((name) => join(dist, name));

/** The module that explains takes the place of the other before anything is exported. */
const EXPLAIN = "tink-webhooks/explain";
const contents = 'import { install } from "./edge/explain"; install(); export * from "./explain";';

const swapped = (variant) => ({
  name: "edge",
  setup(build) {
    build.onResolve({ filter: /^\.\/(runtime|native)$/ }, ({ path }) => ({
      path: join(here, "ts/edge", `${path}.ts`),
    }));
    build.onResolve({ filter: /^\.\/(explain-)?module$/ }, ({ path }) => ({
      path: join(here, "ts/edge", `${path.replace(/module$/, variant)}.ts`),
    }));
    // As imported by what is in dist/edge/module.
    build.onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path: `../../${basename(path)}`, external: true }));
    build.onResolve({ filter: /^tink-webhooks\/explain$/ }, ({ path }) => ({ path, namespace: "entry" }));
    build.onLoad({ filter: /./, namespace: "entry" }, () => ({ contents, resolveDir: join(here, "ts") }));
    build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `export default "${readFileSync(path).toString("hex")}";`,
    }));
  },
});

mkdirSync(dist, { recursive: true });
copyFileSync(process.argv[2], wasm);
copyFileSync(process.argv[3], explaining);
const base64 = readFileSync(explaining).toString("base64");
writeFileSync(join(dist, "wasm-module.js"), `"use strict";\nexports.base64 = "${base64}";\n`);
rmSync(join(dist, "edge"), { recursive: true, force: true });
for (const variant of ["module", "inline"]) {
  await build({
    absWorkingDir: here,
    entryPoints: ["ts/index.ts", "ts/web.ts", { in: EXPLAIN, out: "explain" }],
    outdir: `dist/edge/${variant}`,
    outExtension: { ".js": ".mjs" },
    chunkNames: "shared-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    charset: "utf8",
    plugins: [swapped(variant)],
    logLevel: "warning",
  });
}
// TypeScript finds the declarations of an ES module beside it: they are those of the package.
for (const name of ["index", "web", "explain"]) {
  writeFileSync(join(dist, "edge", `${name}.d.mts`), `export * from "../${name}.js";\n`);
}
