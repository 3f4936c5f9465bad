/**
 * What the tests of the page and its screenshots share: a started `tink-webhooks listen`, a receiver that verifies, and deliveries.
 */

import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const COMMAND = process.env.TINK_WEBHOOKS ?? join(ROOT, "target/debug/tink-webhooks");
export const SECRET = "0f5d2a9c4e7b4c1d8a6f3e2b1c0d9e8f";
export const ENVIRONMENT = { ...process.env, TINK_WEBHOOK_SECRET: SECRET };

/** The header of a body: signed now, with the secret of the tests. */
export function sign(body, { secret = SECRET, at = Math.floor(Date.now() / 1000) } = {}) {
  return `t=${at},v1=${createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex")}`;
}

/** A receiver that answers 200 to what verifies within five minutes, and keeps what came. */
export async function startReceiver() {
  const requests = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const signature = request.headers["x-tink-signature"] ?? "";
    const at = Number(/^t=(\d+),/.exec(signature)?.[1]);
    const good = signature === sign(body, { at }) && Math.abs(Date.now() / 1000 - at) < 300;
    requests.push({ body, signature, good });
    response.writeHead(good ? 200 : 401, { "content-type": "text/plain" }).end(good ? "ok" : "signature_mismatch");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}/webhooks/tink`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A started command. `next` gives the next delivery that it reports. */
export async function startListening({ forwardTo, arguments: more = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "tink-webhooks-page-"));
  const options = [
    "listen",
    "--json",
    "--port",
    "0",
    "--page-port",
    "0",
    "--store",
    join(folder, "deliveries"),
    ...more,
  ];
  const command = spawn(COMMAND, forwardTo ? [...options, "--forward-to", forwardTo] : options, {
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: command.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const { deliveries, page, store } = await next();
  return {
    deliveries,
    page,
    store,
    next,
    /** Sends a body; the status that came back. Waits until it is reported, unless told otherwise. */
    deliver: async (body, { signature = sign(body), headers = {}, wait = true } = {}) => {
      const signed = signature === null ? {} : { "x-tink-signature": signature };
      const answer = await fetch(`${deliveries}/webhooks/tink`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...signed, ...headers },
      });
      const reported = wait ? await next() : null;
      return { status: answer.status, reported };
    },
    stop: async () => {
      if (command.exitCode === null && command.signalCode === null) {
        command.kill("SIGKILL");
        await once(command, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Chromium of the machine, or null. */
export function findChromium() {
  const named = process.env.CHROMIUM;
  const places = named
    ? [named]
    : (process.env.PATH ?? "")
        .split(":")
        .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)));
  return places.find(exists) ?? null;
}

function exists(place) {
  try {
    return statSync(place).isFile();
  } catch {
    return false;
  }
}

/** A started browser. Containers and root have no sandbox. */
export function startBrowser(executablePath, more = []) {
  return chromium.launch({ executablePath, args: ["--disable-dev-shm-usage", ...more], chromiumSandbox: false });
}
