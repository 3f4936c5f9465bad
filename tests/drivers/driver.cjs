// Holds the Node binding to the shared vectors: cases in, one a line, answers out. See tests/README.md.
//
// `driver.cjs MODULE` takes another module in place of the package: that for the edge, or a copy.
"use strict";

const { resolve } = require("node:path");
const readline = require("node:readline");
const { pathToFileURL } = require("node:url");

const [, , MODULE] = process.argv;

function setEnvironment(secret) {
  process.env.TINK_WEBHOOK_SECRET = secret;
}

async function main() {
  const { driver } = await import("./cases.mjs");
  const library = MODULE ? await import(pathToFileURL(resolve(MODULE)).href) : require("../../bindings-node");
  // Only the package's own entry for Node reads the environment, and has `explain` without another import.
  const edge = MODULE?.includes("/edge/");
  if (edge) await import(pathToFileURL(resolve(MODULE, "../explain.mjs")).href);
  const answer = driver(library, edge ? undefined : setEnvironment);
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: 0 })) {
    try {
      process.stdout.write(`${await answer(line)}\n`);
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      process.exit(2);
    }
  }
}

main();
