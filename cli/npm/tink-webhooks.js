#!/usr/bin/env node
// Runs the command of this platform's package, which npm has picked by `os` and `cpu`. Nothing is downloaded here.
"use strict";

const { spawn } = require("node:child_process");

const name = `tink-webhooks-cli-${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "tink-webhooks.exe" : "tink-webhooks";

let command;
try {
  command = require.resolve(`${name}/${file}`);
} catch {
  console.error(
    `tink-webhooks: the package ${name} is not installed. Install without --omit=optional (npm) or --no-optional; ` +
      "if there is no such package, there is no build for this platform: cargo install tink-webhooks-cli",
  );
  process.exit(1);
}

const child = spawn(command, process.argv.slice(2), { stdio: "inherit" });
// At the terminal the command gets Ctrl-C itself, and ends as it wants to.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`tink-webhooks: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code ?? 1);
  }
});
