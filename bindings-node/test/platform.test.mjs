// Which native library is loaded, and what is in its place where there is none: WebAssembly, or an error.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tink-webhooks-"));
after(() => rmSync(folder, { recursive: true }));

/** The library's name in a process that is told to be on another platform. */
function nameWhere(changes) {
  const program = `
    for (const [name, value] of Object.entries(${JSON.stringify(changes)})) {
      Object.defineProperty(process, name, { value });
    }
    process.report.getReport = () => { throw new Error("slow"); };
    console.log(require(${JSON.stringify(join(PACKAGE, "dist/platform.js"))}).libraryName());`;
  return execFileSync(process.execPath, ["-e", program]).toString().trim();
}

/** A program file that names this dynamic linker. */
function program(linker) {
  const path = join(folder, `program${linker.replaceAll("/", "-")}`);
  writeFileSync(path, Buffer.concat([Buffer.from("\x7fELF"), Buffer.alloc(600), Buffer.from(`${linker}\0`)]));
  return path;
}

describe("the name", () => {
  const gnu = program("/lib64/ld-linux-x86-64.so.2");
  const musl = program("/lib/ld-musl-x86_64.so.1");
  for (const [platform, arch, execPath, expected] of [
    ["linux", "x64", gnu, "linux-x64-gnu"],
    ["linux", "arm64", gnu, "linux-arm64-gnu"],
    ["linux", "x64", musl, "linux-x64-musl"],
    ["linux", "arm", gnu, "linux-arm-gnueabihf"],
    ["linux", "arm", musl, "linux-arm-musleabihf"],
    ["darwin", "arm64", gnu, "darwin-arm64"],
    ["win32", "x64", musl, "win32-x64-msvc"],
  ]) {
    test(expected, () => {
      assert.equal(nameWhere({ platform, arch, execPath }), `tink-webhooks.${expected}.node`);
    });
  }

  test("this machine's, without a report", () => {
    assert.ok(existsSync(join(PACKAGE, nameWhere({}))));
  });

  test("a program file that cannot be read: a report, which looks up no names and changes no setting", () => {
    const program = `
      process.execPath = "/nowhere";
      const { libraryName } = require(${JSON.stringify(join(PACKAGE, "dist/platform.js"))});
      const { getReport } = process.report;
      const seen = [];
      process.report.getReport = () => {
        seen.push(process.report.excludeNetwork);
        return seen.length === 1 ? getReport.call(process.report) : { header: {} };
      };
      console.log(JSON.stringify([libraryName(), libraryName(), seen, process.report.excludeNetwork]));`;
    const [name, musl, seen, left] = JSON.parse(execFileSync(process.execPath, ["-e", program]).toString());
    assert.ok(existsSync(join(PACKAGE, name)), name);
    assert.match(musl, /-musl/);
    assert.deepEqual([seen, left], [[true, true], false]);
  });
});

describe("loading", () => {
  const name = nameWhere({});
  const library = readFileSync(join(PACKAGE, name));
  const target = name.slice("tink-webhooks.".length, -".node".length);

  /** What a copy of the package without its library prints, with files added. */
  function load(files, args = ["-p", 'require("tink-webhooks").version'], wasm = "never") {
    const home = mkdtempSync(join(folder, "home-"));
    cpSync(join(PACKAGE, "dist"), join(home, "node_modules/tink-webhooks/dist"), { recursive: true });
    cpSync(join(PACKAGE, "package.json"), join(home, "node_modules/tink-webhooks/package.json"));
    for (const [path, content] of Object.entries(files)) {
      const file = join(home, "node_modules", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const env = { ...process.env, TINK_WEBHOOKS_WASM: wasm };
    return spawnSync(process.execPath, args, { cwd: home, encoding: "utf8", env });
  }

  const EVERYTHING = `
    const { WebhookHandler, generateSignature } = require("tink-webhooks");
    const { signedDelivery } = require("tink-webhooks/testing");
    const hooks = new WebhookHandler({ secret: "s3cret" });
    hooks.on("refresh:finished", (event) => console.log(event.type, Buffer.isBuffer(event.rawBody), event.idempotencyKey));
    const { body, signature } = signedDelivery("refresh:finished", { secret: "s3cret" });
    hooks.handleWebhook(body, signature).then(() => hooks.handleWebhook(body, generateSignature(body, "x"))).catch(
      (error) => console.log(error.reason),
    );`;

  test("no library: WebAssembly does the same, and says so once", () => {
    const missing = load({}, ["-e", EVERYTHING], "");
    const there = load({ [`tink-webhooks/${name}`]: library }, ["-e", EVERYTHING], "");
    assert.equal(missing.stdout, there.stdout);
    assert.match(missing.stdout, /^refresh_finished true [0-9a-f]{32}\nsignature_mismatch\n$/);
    assert.equal(there.stderr, "");
    assert.equal(missing.stderr.match(/TinkWebhooksWarning: /g).length, 1);
    assert.match(missing.stderr, /\[TINK_WEBHOOKS_WASM\].*WebAssembly takes the place of the native library/);
    assert.match(missing.stderr, /TINK_WEBHOOKS_WASM=never/);
    assert.match(missing.stderr, new RegExp(`no native library for ${target}. It comes with the package`));
  });

  test("a library that cannot be loaded: WebAssembly too, and the reason", () => {
    const { stdout, stderr } = load({ [`tink-webhooks/${name}`]: "not a library" }, ["-e", EVERYTHING], "");
    assert.match(stdout, /^refresh_finished/);
    assert.match(stderr, /found its native library for \S+, and cannot load it/);
  });

  test("no library, and WebAssembly refused: what may be wrong, and what to do", () => {
    const { status, stderr } = load({});
    assert.equal(status, 1);
    assert.match(
      stderr,
      new RegExp(`no native library for ${target}. It comes with the package tink-webhooks-${target},`),
    );
    assert.match(stderr, /copied from another platform/);
    assert.match(stderr, /--omit=optional/);
    assert.match(stderr, /serverExternalPackages/);
  });

  test("beside dist", () => {
    assert.match(load({ [`tink-webhooks/${name}`]: library }).stdout, /^\d+\.\d+\.\d+/);
  });

  test("in the platform's package", () => {
    const manifest = JSON.stringify({ name: `tink-webhooks-${target}`, main: name });
    const files = { [`tink-webhooks-${target}/package.json`]: manifest, [`tink-webhooks-${target}/${name}`]: library };
    assert.match(load(files).stdout, /^\d+\.\d+\.\d+/);
  });

  test("errors that say otherwise that nothing was found: Bun's have no code, and a bundle has its own require", () => {
    const path = join(PACKAGE, "dist/platform.js");
    for (const [thrown, bundled] of [
      [`new Error("Cannot find module '../tink-webhooks.${target}.node' ")`, false],
      [`new Error("Cannot require module ../tink-webhooks.${target}.node")`, true],
      [`new Error("Could not dynamically require '../tink-webhooks.${target}.node'. Please configure")`, true],
      [`new Error("Dynamic require of 'tink-webhooks-${target}' is not supported")`, true],
      [`new ReferenceError("require is not defined")`, true],
    ]) {
      const program = `
        const { readFileSync } = require("node:fs");
        const dist = ${JSON.stringify(join(PACKAGE, "dist/"))};
        const load = (name, require) => {
          const module = { exports: {} };
          const file = ${bundled} ? "bundle.js" : ${JSON.stringify(path)};
          const source = readFileSync(dist + name, "utf8");
          new Function("require", "exports", "__filename", source)(require, module.exports, file);
          return module.exports;
        };
        const libraries = load("libraries.js", () => { throw ${thrown}; });
        const others = (name) => (name === "./libraries" ? libraries : require(name.replace("./", dist)));
        load("platform.js", others).loadLibrary();`;
      const env = { ...process.env, TINK_WEBHOOKS_WASM: "never" };
      const { status, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", env });
      assert.equal(status, 1);
      assert.match(stderr, bundled ? /put into a bundle that cannot/ : /has no native library for/, thrown);
      assert.doesNotMatch(stderr, /install the package again/);
    }
  });

  test("every platform of a release is named literally, twice, as bundlers want it", () => {
    const source = readFileSync(join(PACKAGE, "dist/libraries.js"), "utf8");
    const { napi } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
    const names = napi.targets.map((triple) => {
      const [arch, , system, abi] = triple.split("-");
      const platform = { windows: "win32" }[system] ?? system;
      return [platform, { x86_64: "x64", aarch64: "arm64" }[arch], abi].filter(Boolean).join("-");
    });
    const found = [...source.matchAll(/try \{\s+return require\("([^"]+)"\);\s+\}/g)].map(([, path]) => path);
    const wanted = names.flatMap((name) => [`../tink-webhooks.${name}.node`, `tink-webhooks-${name}`]);
    assert.deepEqual(found.sort(), wanted.sort());
  });

  test("a library that was built for another platform is found in its checkout", () => {
    const program = `
      Object.defineProperty(process, "arch", { value: "riscv64" });
      console.log(require("tink-webhooks").version);`;
    const name = `tink-webhooks/tink-webhooks.${target.replace("x64", "riscv64").replace("arm64", "riscv64")}.node`;
    assert.match(load({ [name]: library }, ["-e", program]).stdout, /^\d+\.\d+\.\d+/);
    assert.match(load({}, ["-e", program]).stderr, /no native library for linux-riscv64/);
  });

  test("a broken library is not reported as a missing one", () => {
    const { status, stderr } = load({ [`tink-webhooks/${name}`]: "not a library" });
    assert.equal(status, 1);
    assert.match(stderr, /found its native library for \S+, and cannot load it: .*(too short|invalid ELF)/);
    assert.match(stderr, /--allow-ffi/);
    assert.match(stderr, /\[cause\]/);
  });
});
