// Programs of bundlers that are too large for `make test`: Next.js with `output: "standalone"`, and a program that Bun
// has compiled. Each gets the packages of a release, runs from an empty folder, and is sent an authentic and a forged
// delivery. `make test-all` calls it.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { signedDelivery } from "tink-webhooks/testing";
import { freePort } from "./free_port.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const ROOT = join(PACKAGE, "..");
const RUNTIMES = join(ROOT, "tools/runtimes/node_modules");
const SECRET = "67abc1e08fb64c92b450a13e0876330b";
/** A build cannot see the secret; a program can. */
const { TINK_WEBHOOK_SECRET: _, ...BUILDING } = process.env;

/** A folder with a release in its `node_modules`, beside links to what is in tools/runtimes. */
function project(name, linked = []) {
  const folder = join(ROOT, "target/bundled", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  execFileSync(process.execPath, ["pack.mjs", join(folder, "release")], { cwd: PACKAGE });
  for (const archive of readdirSync(join(folder, "release")).filter((file) => file.endsWith(".tgz"))) {
    const into = join(folder, "node_modules", archive.replace(/-\d+\.\d+\.\d+.*$/, ""));
    mkdirSync(into);
    execFileSync("tar", ["-xzf", join(folder, "release", archive), "--strip-components=1", "-C", into]);
  }
  for (const one of linked) symlinkSync(join(RUNTIMES, one), join(folder, "node_modules", one));
  return folder;
}

/** Starts a program, and posts to it. */
async function answers(program, args, cwd) {
  const port = await freePort();
  const env = { PATH: "/usr/bin:/bin", PORT: String(port), HOSTNAME: "127.0.0.1", TINK_WEBHOOK_SECRET: SECRET };
  const running = spawn(program, args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  try {
    const url = `http://127.0.0.1:${port}/webhooks/tink`;
    for (let tries = 0; ; tries += 1) {
      try {
        await fetch(url);
        break;
      } catch (error) {
        if (tries > 300 || running.exitCode !== null) throw error;
        await sleep(100);
      }
    }
    const statuses = [];
    for (const secret of [SECRET, "of nobody"]) {
      statuses.push((await signedDelivery("account:created", { secret }).post(url)).status);
    }
    assert.deepEqual(statuses, [200, 401]);
  } finally {
    running.kill("SIGKILL");
  }
}

const ROUTE = `
import { WebhookHandler } from "tink-webhooks";
import { webhookFetch } from "tink-webhooks/web";
const hooks = new WebhookHandler({ secret: () => process.env.TINK_WEBHOOK_SECRET, schemes: ["v1"] });
hooks.on("account:created", () => {});
`;

async function next() {
  const folder = project("next", ["next", "react", "react-dom"]);
  mkdirSync(join(folder, "app/webhooks/tink"), { recursive: true });
  const config = {
    output: "standalone",
    serverExternalPackages: ["tink-webhooks"],
    outputFileTracingRoot: ROOT,
    turbopack: { root: ROOT },
  };
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  writeFileSync(join(folder, "next.config.mjs"), `export default ${JSON.stringify(config)};\n`);
  writeFileSync(
    join(folder, "app/layout.js"),
    "export default ({ children }) => <html><body>{children}</body></html>;\n",
  );
  writeFileSync(
    join(folder, "app/webhooks/tink/route.js"),
    `${ROUTE}export const runtime = "nodejs";\nexport const POST = webhookFetch(hooks);\n`,
  );
  const env = { ...BUILDING, NEXT_TELEMETRY_DISABLED: "1" };
  const command = join(RUNTIMES, "next/dist/bin/next");
  execFileSync(process.execPath, [command, "build"], { cwd: folder, env, stdio: "inherit" });
  const alone = mkdtempSync(join(tmpdir(), "next-"));
  try {
    cpSync(join(folder, ".next/standalone"), alone, { recursive: true, verbatimSymlinks: true });
    await answers(process.execPath, [join(alone, "target/bundled/next/server.js")], alone);
  } finally {
    rmSync(alone, { recursive: true });
  }
}

async function bun() {
  const folder = project("bun");
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  writeFileSync(
    join(folder, "receiver.js"),
    `${ROUTE}Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), fetch: webhookFetch(hooks) });\n`,
  );
  const alone = mkdtempSync(join(tmpdir(), "bun-"));
  try {
    const program = join(alone, "receiver");
    const args = ["build", "--compile", "receiver.js", "--outfile", program];
    execFileSync(join(RUNTIMES, "@oven/bun-linux-x64/bin/bun"), args, { cwd: folder, env: BUILDING, stdio: "inherit" });
    await answers(program, [], alone);
  } finally {
    rmSync(alone, { recursive: true });
  }
}

for (const [name, check] of Object.entries({ 'Next.js, output: "standalone"': next, "bun build --compile": bun })) {
  console.log(`\n==> ${name}`);
  await check();
  console.log("runs from an empty folder: 200, and 401 for a forgery");
}
