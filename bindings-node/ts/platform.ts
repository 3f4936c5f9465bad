// The loader that `napi build` can write is not used: to tell glibc from musl it reads `/usr/bin/ldd` and may start it,
// for which Deno and Node's permission model want permissions; and its errors do not say what to do.
import { closeSync, openSync, readSync } from "node:fs";

/** The file name of the native library for this platform, such as `tink-webhooks.linux-x64-gnu.node`. */
export function libraryName(): string {
  return `tink-webhooks.${platform()}.node`;
}

/**
 * Loads the native library: that of a checkout or of a package that brings its own, beside `dist/`; else that of the
 * platform's package, which npm picks among the optional dependencies.
 *
 * @throws {Error} that says what to do where there is none, or where it cannot be loaded
 */
export function loadLibrary(): unknown {
  const name = platform();
  return tryRequire(`../tink-webhooks.${name}.node`) ?? tryRequire(`tink-webhooks-${name}`) ?? missing(name);
}

/** What a path gives, or `undefined` if there is nothing. */
function tryRequire(path: string): unknown {
  try {
    return require(path);
  } catch (cause) {
    if ((cause as { code?: unknown } | null)?.code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw new Error(
      `tink-webhooks found its native library for ${platform()}, and cannot load it: ` +
        `${cause instanceof Error ? cause.message : cause}\n` +
        "Deno wants --allow-ffi (and --allow-env for TINK_WEBHOOK_SECRET), Node's permission model --allow-addons. " +
        "A message about GLIBC names the oldest version it runs on; any other is of a file that is not whole: " +
        "install the package again.",
      { cause },
    );
  }
}

function missing(name: string): never {
  throw new Error(
    `tink-webhooks has no native library for ${name}. It comes with the package tink-webhooks-${name}, an optional ` +
      "dependency: install on the platform that the program runs on. Why it can be missing:\n" +
      "- node_modules was copied from another platform, or the lock file was written on one and lost the others' " +
      "packages (npm/cli#4828): remove node_modules and package-lock.json, and run `npm install` here\n" +
      "- optional dependencies were left out: install without --omit=optional or --no-optional\n" +
      "- a bundler took in the JavaScript and left the library behind: make tink-webhooks external (esbuild " +
      "--external:tink-webhooks, Next.js serverExternalPackages, webpack externals)\n" +
      "- this is a checkout: run `make build`",
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
