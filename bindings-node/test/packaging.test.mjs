// What a release publishes, installed in empty projects: from archives, and by npm from a registry on loopback.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

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
    for (const [key, value] of Object.entries(require(name))) assert.equal(imported[key], value, key);
  }
  const { WebhookHandler, generateSignature } = require("tink-webhooks");
  const hooks = new WebhookHandler({ secret: "s3cret", schemes: ["v1"] });
  hooks.on("refresh:finished", (event) => console.log(event.userId, event.data.credentialsStatus));
  const body = '{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsStatus":"UPDATED"}}';
  await hooks.handleWebhook(body, generateSignature(body, "s3cret"));
})();
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

  test("without it, loading says what to do", async () => {
    const folder = project();
    await install(folder, "--omit=optional", "tink-webhooks");
    const loading = run(process.execPath, ["-e", 'require("tink-webhooks")'], { cwd: folder });
    await assert.rejects(loading, /tink-webhooks-.* an optional dependency: install on the platform/s);
  });

  test("nothing runs at install time, and there are no files but the licences and those that are needed", async () => {
    for (const { manifest, file } of packages.values()) {
      assert.equal(manifest.scripts, undefined);
      assert.equal(manifest.devDependencies, undefined);
      assert.equal(manifest.dependencies, undefined);
      const { stdout } = await run("tar", ["-tzf", join(archives, file)]);
      assert.match(stdout, /LICENSE-APACHE/);
      assert.match(stdout, /LICENSE-MIT/);
      const known = /^package\/(dist\/[\w-]+(\.d\.ts|\.js)|[\w.-]+\.node|package\.json|README\.md|LICENSE-\w+)$/;
      for (const entry of stdout.trim().split("\n")) assert.match(entry, known);
      assert.equal(/\.node$/m.test(stdout), file !== `tink-webhooks-${manifest.version}.tgz`);
    }
  });

  for (const [tool, ...args] of [["publint", "run", "--strict"], ["attw"]]) {
    test(`${tool} finds nothing`, async () => {
      const archive = join(archives, `tink-webhooks-${manifest.version}.tgz`);
      await run(join(here, "node_modules/.bin", tool), [...args, archive]);
    });
  }
});
