// Makes what the package has for WebAssembly, of the module in FILE: `node edge.mjs FILE`, after `tsc`.
//
// - dist/tink_webhooks.wasm: the module
// - dist/edge/module/: the package as an ES module for runtimes that give a module by `import`
// - dist/edge/inline/: the same with the module inside, for all others
// - dist/wasm-module.js: the module for Node, where the library of the platform is missing. A literal `require` takes it
//   along wherever bundlers and tracers look.
//
// The code is that of `ts/`. Only `runtime.ts` and `native.ts` are those of `ts/edge/`.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const wasm = join(dist, "tink_webhooks.wasm");
/** As imported by what is in dist/edge/module. */
const IMPORTED = "../../tink_webhooks.wasm?module";

const swapped = (variant) => ({
  name: "edge",
  setup(build) {
    build.onResolve({ filter: /^\.\/(runtime|native)$/ }, ({ path }) => ({
      path: join(here, "ts/edge", `${path}.ts`),
    }));
    build.onResolve({ filter: /^\.\/module$/ }, () => ({ path: join(here, `ts/edge/${variant}.ts`) }));
    build.onResolve({ filter: /\.wasm\?module$/ }, () => ({ path: IMPORTED, external: true }));
    build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `export default "${readFileSync(path).toString("hex")}";`,
    }));
  },
});

mkdirSync(dist, { recursive: true });
copyFileSync(process.argv[2], wasm);
const base64 = readFileSync(wasm).toString("base64");
writeFileSync(join(dist, "wasm-module.js"), `"use strict";\nexports.base64 = "${base64}";\n`);
rmSync(join(dist, "edge"), { recursive: true, force: true });
for (const variant of ["module", "inline"]) {
  await build({
    absWorkingDir: here,
    entryPoints: ["ts/index.ts", "ts/web.ts"],
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
for (const name of ["index", "web"]) {
  writeFileSync(join(dist, "edge", `${name}.d.mts`), `export * from "../${name}.js";\n`);
}
