// What a release publishes, installed in empty projects: from archives, and by npm from a registry on loopback.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import { nodeFileTrace } from "@vercel/nft";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import webpack from "webpack";

const run = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const subpaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
const made = [];

/** An empty project. */
function project() {
  const folder = mkdtempSync(join(tmpdir(), "tink-webhooks-"));
  made.push(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  return folder;
}

const npm = (folder, ...args) => run("npm", [...args, "--no-audit", "--no-fund"], { cwd: folder });

/** Loads everything in both module systems, and handles a delivery. */
const PROGRAM = `
const assert = require("node:assert");
const names = ${JSON.stringify(subpaths)}.map((path) => path.replace(".", "tink-webhooks"));
(async () => {
  for (const name of names) {
    const imported = await import(name);
    if (/\\/wasm/.test(name)) continue; // ES modules alone, which Node takes by require since 20.19
    for (const [key, value] of Object.entries(require(name))) assert.equal(imported[key], value, key);
  }
  const { WebhookHandler, generateSignature } = require("tink-webhooks");
  const hooks = new WebhookHandler({ secret: "s3cret", schemes: ["v1"] });
  hooks.on("refresh:finished", (event) => console.log(event.userId, event.data.credentialsStatus));
  const body = '{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsStatus":"UPDATED"}}';
  await hooks.handleWebhook(body, generateSignature(body, "s3cret"));
})();
`;

/** An environment in which WebAssembly must not take the place of a native library. */
const REFUSED = { ...process.env, TINK_WEBHOOKS_WASM: "never" };

/** A program for bundlers. It uses three of the package's paths, of which one can load packages that are not there. */
const BUNDLED = `
import { generateSignature, WebhookHandler } from "tink-webhooks";
import { MemoryStore, once } from "tink-webhooks/idempotency";
import { webhookFetch } from "tink-webhooks/web";
const hooks = new WebhookHandler({ secret: "s3cret", schemes: ["v1"] });
const look = (event) => console.log(event.userId, event.data.credentialsStatus);
hooks.on("refresh:finished", once(new MemoryStore(), "look", look));
const body = '{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsStatus":"UPDATED",' +
  '"credentialsId":"c1","finished":1}}';
const headers = { "x-tink-signature": generateSignature(body, "s3cret") };
const request = new Request("https://localhost/", { method: "POST", headers, body });
webhookFetch(hooks)(request).then(({ status }) => console.log(status));
`;

async function works(folder) {
  writeFileSync(join(folder, "program.cjs"), PROGRAM);
  assert.equal((await run(process.execPath, ["program.cjs"], { cwd: folder })).stdout, "u1 UPDATED\n");
}

after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

test("npm pack in a checkout gives a package that runs where it was made", async () => {
  const folder = project();
  await npm(here, "pack", "--silent", "--ignore-scripts", "--pack-destination", folder);
  await npm(folder, "install", "--offline", `./tink-webhooks-${manifest.version}.tgz`);
  await works(folder);
});

describe("a release", () => {
  const archives = mkdtempSync(join(tmpdir(), "tink-webhooks-"));
  made.push(archives);
  const packages = new Map();
  let registry;
  let address;

  before(async () => {
    await run(process.execPath, [join(here, "pack.mjs"), archives]);
    for (const file of readdirSync(archives)) {
      const content = readFileSync(join(archives, file));
      const { stdout } = await run("tar", ["-xzOf", join(archives, file), "package/package.json"]);
      packages.set(JSON.parse(stdout).name, { file, content, manifest: JSON.parse(stdout) });
    }
    // The parts of a registry that npm needs to install: a document per package, and the archives.
    registry = createServer((request, response) => {
      const name = request.url.slice(1);
      const [found] = [...packages.values()].filter((one) => one.manifest.name === name || one.file === name);
      if (!found) return response.writeHead(404).end("{}");
      if (found.file === name) return response.end(found.content);
      const { version } = found.manifest;
      const integrity = `sha512-${createHash("sha512").update(found.content).digest("base64")}`;
      const dist = { tarball: `${address}/${found.file}`, integrity };
      const versions = { [version]: { ...found.manifest, dist } };
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
    });
    await new Promise((resolve) => registry.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${registry.address().port}`;
  });

  after(() => registry.close());

  const install = (folder, ...args) =>
    npm(folder, "install", "--registry", address, "--cache", join(folder, "cache"), ...args);

  test("npm install picks the package of this platform among those that are named", async () => {
    const { optionalDependencies } = packages.get("tink-webhooks").manifest;
    assert.ok(Object.keys(optionalDependencies).length >= 8);
    assert.deepEqual(new Set(Object.values(optionalDependencies)), new Set([manifest.version]));
    const folder = project();
    await install(folder, "tink-webhooks");
    const installed = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
    assert.deepEqual(installed.sort(), [...packages.keys()].sort());
    await works(folder);
  });

  test("without it, WebAssembly works, and loading says what to do", async () => {
    const folder = project();
    await install(folder, "--omit=optional", "tink-webhooks");
    const says = /tink-webhooks-.* an optional dependency: install on the platform/s;
    await works(folder);
    assert.match((await run(process.execPath, ["program.cjs"], { cwd: folder })).stderr, says);
    const loading = run(process.execPath, ["-e", 'require("tink-webhooks")'], { cwd: folder, env: REFUSED });
    await assert.rejects(loading, says);
  });

  test("nothing runs at install time, and there are no files but the licences and those that are needed", async () => {
    for (const { manifest, file } of packages.values()) {
      assert.equal(manifest.scripts, undefined);
      assert.equal(manifest.devDependencies, undefined);
      assert.equal(manifest.dependencies, undefined);
      const { stdout } = await run("tar", ["-tzf", join(archives, file)]);
      assert.match(stdout, /LICENSE-APACHE/);
      assert.match(stdout, /LICENSE-MIT/);
      const edge = /^package\/dist\/(tink_webhooks(_explain)?\.wasm|edge\/(\w+\.d\.mts|(module|inline)\/[\w-]+\.mjs))$/;
      const node =
        /^package\/(dist\/([\w-]+\/)?[\w-]+(\.d\.ts|\.js)|[\w.-]+\.node|package\.json|README\.md|LICENSE-\w+)$/;
      const known = new RegExp(`${node.source}|${edge.source}`);
      for (const entry of stdout.trim().split("\n")) assert.match(entry, known);
      assert.equal(/\.node$/m.test(stdout), file !== `tink-webhooks-${manifest.version}.tgz`);
    }
  });

  describe("in a bundle", () => {
    let whole; // with the package of this platform
    let without;

    before(async () => {
      [whole, without] = [project(), project()];
      await install(whole, "tink-webhooks");
      await install(without, "--omit=optional", "tink-webhooks");
      for (const folder of [whole, without]) writeFileSync(join(folder, "program.mjs"), BUNDLED);
    });

    /** An empty folder, and what a file in it prints. */
    const empty = () => {
      const folder = mkdtempSync(join(tmpdir(), "tink-webhooks-"));
      made.push(folder);
      return folder;
    };
    const prints = (folder, file) => run(process.execPath, [file], { cwd: folder });
    const right = async (folder, file) => assert.equal((await prints(folder, file)).stdout, "u1 UPDATED\n200\n");

    /** What a bundle without the library says where it may not use WebAssembly, and the line of it that is for a tool. */
    async function hint(folder, file, tool) {
      // Caught, as Node would print the line that threw before the error: all of a bundle that is one line.
      const caught = "(error) => { console.error(String(error)); process.exitCode = 1; }";
      const program = `import(${JSON.stringify(pathToFileURL(join(folder, file)))}).catch(${caught})`;
      const { stderr, code } = await run(process.execPath, ["-e", program], { cwd: folder, env: REFUSED }).catch(
        (error) => error,
      );
      assert.equal(code, 1);
      assert.match(stderr, /put into a bundle that cannot load its native library for \S+: .*(cannot|require)/i);
      assert.doesNotMatch(stderr, /^Error: tink-webhooks found its native library/m);
      return stderr.match(new RegExp(`^- ${tool}: (.*)$`, "m"))[1];
    }
    const options = (line) => new Function(`return { ${line} };`)();

    test("@vercel/nft lists the library, and what it lists runs alone", async () => {
      const { fileList } = await nodeFileTrace([join(whole, "program.mjs")], { base: whole });
      const into = empty();
      for (const file of fileList) cpSync(join(whole, file), join(into, file));
      await right(into, "program.mjs");
    });

    test("esbuild copies the library", async () => {
      const into = empty();
      const common = { absWorkingDir: whole, entryPoints: ["program.mjs"], bundle: true, platform: "node" };
      await esbuild.build({ ...common, outdir: into, loader: { ".node": "copy" } });
      await right(into, "program.js");
    });

    test("esbuild without it: the error has the option to add", async () => {
      const into = empty();
      const command = join(here, "node_modules/.bin/esbuild");
      const args = ["program.mjs", "--bundle", "--platform=node", "--log-level=error"];
      await run(command, [...args, `--outfile=${into}/bundle.cjs`], { cwd: without });
      await right(into, "bundle.cjs"); // it has WebAssembly in it
      const option = await hint(into, "bundle.cjs", "esbuild");
      await run(command, [...args, option, "--outfile=bundle.cjs"], { cwd: whole });
      await right(whole, "bundle.cjs");
    });

    test("ncc copies the library", async () => {
      const into = empty();
      await run(join(here, "node_modules/.bin/ncc"), ["build", "program.mjs", "-o", into], { cwd: whole });
      await right(into, "index.mjs");
    });

    for (const [format, file] of [
      ["es", "bundle.mjs"],
      ["cjs", "bundle.cjs"],
    ]) {
      test(`rollup, ${format}: the error has the line to add`, async () => {
        const bundle = async (folder, given, into) => {
          const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs()];
          const made = await rollup({ input: join(folder, "program.mjs"), plugins, onwarn() {}, ...given });
          await made.write({ file: join(into, file), format });
        };
        await assert.rejects(bundle(whole, {}, empty()), /tink-webhooks\S+\.node .*Unexpected character/);
        const into = empty();
        await bundle(without, {}, into);
        await bundle(whole, options(await hint(into, file, "Rollup")), whole);
        await right(whole, file);
      });
    }

    test("rollup without the condition `node` takes what is for every runtime, with WebAssembly inside", async () => {
      const into = empty();
      // Stores of `once` are for Node.
      const program = BUNDLED.replace(/^.*idempotency.*\n/m, "").replace(
        'once(new MemoryStore(), "look", look)',
        "look",
      );
      writeFileSync(join(whole, "edge.mjs"), program);
      const made = await rollup({ input: join(whole, "edge.mjs"), plugins: [nodeResolve()] });
      await made.write({ file: join(into, "bundle.mjs"), format: "es" });
      await right(into, "bundle.mjs");
    });

    test("webpack: the error has the line to add", async () => {
      const bundle = async (context, given, path) => {
        const output = { path, filename: "webpack.cjs" };
        const common = { mode: "production", target: "node20", entry: "./program.mjs", context, output, ...given };
        const stats = await promisify(webpack)(common);
        assert.ok(!stats.hasErrors(), stats.toString({ all: false, errors: true }));
      };
      await assert.rejects(bundle(whole, {}, empty()), /tink-webhooks\S+\.node .*Module parse failed/s);
      const into = empty();
      await bundle(without, {}, into);
      await bundle(whole, options(await hint(into, "webpack.cjs", "webpack")), whole);
      await right(whole, "webpack.cjs");
    });
  });

  // What is for the edge are ES modules alone.
  for (const [tool, before, behind] of [
    ["publint", ["run", "--strict"], []],
    ["attw", [], ["--ignore-rules", "cjs-resolves-to-esm"]],
  ]) {
    test(`${tool} finds nothing`, async () => {
      const archive = join(archives, `tink-webhooks-${manifest.version}.tgz`);
      await run(join(here, "node_modules/.bin", tool), [...before, archive, ...behind]);
    });
  }
});
