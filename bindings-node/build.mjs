// Builds the package: the native library, beside this file, and the TypeScript, into dist/.
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const run = (command, args, options) =>
  execFileSync(command, args, { cwd: here, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 28, ...options });

// Cargo says itself where it puts the library.
const messages = run("cargo", [
  "build",
  "--release",
  "-p",
  "tink-webhooks-node",
  "--message-format=json-render-diagnostics",
]);
const library = messages
  .toString()
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  .findLast((message) => message.reason === "compiler-artifact" && message.target.name === "tink_webhooks_node")
  .filenames[0];

rmSync(`${here}dist`, { recursive: true, force: true });
run(
  process.execPath,
  [
    createRequire(import.meta.url)
      .resolve("typescript/package.json")
      .replace("package.json", "bin/tsc"),
  ],
  {
    stdio: "inherit",
  },
);

const { libraryName } = createRequire(import.meta.url)("./dist/platform.js");
copyFileSync(library, `${here}${libraryName()}`);
