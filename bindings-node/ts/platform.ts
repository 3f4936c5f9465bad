// The loader that `napi build` can write is not used: to tell glibc from musl it reads `/usr/bin/ldd` and may start it,
// for which Deno and Node's permission model want permissions; and its errors do not say what to do.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import type { Native } from "./contract";
import { requireLibrary } from "./libraries";
import { connect } from "./wasm";
import { explaining } from "./wasm-explain";

/** The file name of the native library for this platform, such as `tink-webhooks.linux-x64-gnu.node`. */
export function libraryName(): string {
  return `tink-webhooks.${platform()}.node`;
}

/** What `new WebAssembly` makes here: the types of Node do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/**
 * Loads the native library; where there is none, or where it cannot be loaded, the WebAssembly module with a warning that
 * says what to do. With `TINK_WEBHOOKS_WASM=never` in the environment that is an error instead.
 *
 * @throws {Error} with the same text, where the module is refused or missing
 */
export function loadLibrary(): Native {
  const name = platform();
  const failures: unknown[] = [];
  const library = requireLibrary(name, failures) ?? requireOwn(name, failures);
  return library ? (library as Native) : instead(name, failures);
}

function instead(name: string, failures: unknown[]): Native {
  const error = failed(name, failures);
  if (variable("TINK_WEBHOOKS_WASM") === "never") {
    throw error;
  }
  let native: Native;
  try {
    const { base64 } = require("./wasm-module.js") as { base64: string };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(base64, "base64")));
    native = connect(exports, explaining(variable));
  } catch {
    throw error; // of the two that failed the one that is worth mending
  }
  const text = "tink webhook: WebAssembly takes the place of the native library, and some more time for each delivery";
  const never = "TINK_WEBHOOKS_WASM=never in the environment makes this an error";
  process.emitWarning(`${text} (${never}). ${error.message}`, {
    type: "TinkWebhooksWarning",
    code: "TINK_WEBHOOKS_WASM",
  });
  return native;
}

/** A variable of the environment. Deno refuses those that a program has no permission for. */
function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

/** The library of a platform that no release is for, built in a checkout. Bundlers must not see this `require`. */
function requireOwn(name: string, failures: unknown[]): unknown {
  if (failures.length === 0) {
    try {
      return createRequire(__filename)(`../tink-webhooks.${name}.node`);
    } catch (error) {
      failures.push(error);
    }
  }
  return undefined;
}

/** The error that fits what was thrown when the library was looked for. */
function failed(name: string, failures: unknown[]): Error {
  const bundle = isBundled();
  // What a bundler puts in the place of `require` has a message of its own: only a code shows that a file was found.
  const cause = failures.find((failure) => (bundle ? codeOf(failure)?.startsWith("ERR_DLOPEN") : !isMissing(failure)));
  if (cause !== undefined) {
    return new Error(
      `tink-webhooks found its native library for ${name}, and cannot load it: ${messageOf(cause)}\n` +
        "Deno wants --allow-ffi (and --allow-env for TINK_WEBHOOK_SECRET), Node's permission model --allow-addons. " +
        "A message about GLIBC names the oldest version it runs on; any other is of a file that is not whole: " +
        "install the package again.",
      { cause },
    );
  }
  return new Error(bundle ? bundled(name, failures) : missing(name), { cause: failures[0] });
}

/** Whether nothing was found. Errors of Bun have no code where it has transpiled the `require`. */
function isMissing(failure: unknown): boolean {
  return codeOf(failure) === "MODULE_NOT_FOUND" || /^cannot (find|require) module/i.test(messageOf(failure));
}

function codeOf(failure: unknown): string | undefined {
  const code = (failure as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

/** Whether this code runs in another file than its own. */
function isBundled(): boolean {
  if (typeof __filename !== "string" || basename(__filename) !== "platform.js") {
    return true;
  }
  try {
    return !existsSync(__filename);
  } catch {
    return false; // Deno does not let every program look
  }
}

function bundled(name: string, failures: unknown[]): string {
  const messages = failures.map((failure) => messageOf(failure).split("\n", 1)[0]);
  return (
    `tink-webhooks was put into a bundle that cannot load its native library for ${name}: ` +
    `${[...new Set(messages)].join("; ")}\n` +
    "Leave the package out of the bundle, and install it where the program runs:\n" +
    "- esbuild: --external:tink-webhooks\n" +
    "- Rollup: external: /^tink-webhooks(\\/|$)/\n" +
    '- webpack: externalsType: "commonjs", externals: [/^tink-webhooks(\\/|$)/]\n' +
    '- Next.js: serverExternalPackages: ["tink-webhooks"]\n' +
    "ncc, `bun build` and esbuild with --format=cjs --loader:.node=copy can take the library along: bundle where " +
    `tink-webhooks-${name} is installed, and copy every file of the output.`
  );
}

function missing(name: string): string {
  return (
    `tink-webhooks has no native library for ${name}. It comes with the package tink-webhooks-${name}, an optional ` +
    "dependency: install on the platform that the program runs on. Why it can be missing:\n" +
    "- node_modules was copied from another platform, or the lock file was written on one and lost the others' " +
    "packages (npm/cli#4828): remove node_modules and package-lock.json, and run `npm install` here\n" +
    "- optional dependencies were left out: install without --omit=optional or --no-optional\n" +
    "- a tool copied only a part of node_modules to where the program runs: copy all of tink-webhooks and " +
    `tink-webhooks-${name} (Next.js: serverExternalPackages: ["tink-webhooks"])\n` +
    "- this is a checkout: run `make build`"
  );
}

/** The platform as napi-rs names it, such as `linux-x64-gnu`, `darwin-arm64` or `win32-x64-msvc`. */
function platform(): string {
  const base = `${process.platform}-${process.arch}`;
  switch (process.platform) {
    case "linux":
      return `${base}-${usesMusl() ? "musl" : "gnu"}${process.arch === "arm" ? "eabihf" : ""}`;
    case "win32":
      return `${base}-msvc`;
    default:
      return base;
  }
}

/**
 * Which C library this process runs on. Deno tells without asking for a permission. Elsewhere it is in the program's
 * own file: the path of its dynamic linker, near the beginning. Only if it is not there, a slow report is made.
 */
function usesMusl(): boolean {
  const { Deno } = globalThis as { Deno?: { build?: { target?: string } } };
  if (Deno?.build?.target) {
    return Deno.build.target.endsWith("musl");
  }
  const linker = /\/ld-(musl|linux)/.exec(head(process.execPath))?.[1];
  return linker ? linker === "musl" : reportsMusl();
}

/** The first 4 KiB of a file as text; empty if it cannot be read. */
function head(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(4_096);
      return bytes.toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

function reportsMusl(): boolean {
  const { report } = process as { report?: NodeJS.ProcessReport & { excludeNetwork?: boolean } };
  if (!report) {
    return false;
  }
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // looking up the names of open connections can take seconds
  try {
    const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return header !== undefined && header.glibcVersionRuntime === undefined;
  } finally {
    report.excludeNetwork = excludeNetwork as boolean;
  }
}
