// What a body costs that comes in one-byte pieces: each adapter in a process of its own.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Pieces } from "../dist/pieces.js";
import { ADAPTERS, Application, connect, event, head, signed } from "./servers.mjs";

const MIB = 2 ** 20;
const CAP = 2 * MIB;
const PROGRAM = fileURLToPath(import.meta.url);

/** In a process of its own: serves one adapter, and tells what it has cost so far whenever it is asked. */
async function serve(adapter) {
  const server = await ADAPTERS[adapter](new Application({ maxBodyBytes: CAP }));
  process.on("message", async (what) => {
    if (what === "stop") {
      process.disconnect();
      await server.close();
      return;
    }
    const { user, system } = process.cpuUsage();
    process.send({ peak: process.resourceUsage().maxRSS / 1_024, seconds: (user + system) / 1e6 });
  });
  process.send(server.port);
}

/** Posts a body of a size in HTTP chunks of one byte; gives the answer's first line. */
async function drip(port, size) {
  const { socket, closed } = await connect(port);
  const empty = event("a:b", { text: "" });
  const { body, headers } = signed(empty.replace('""', `"${"x".repeat(size - empty.length)}"`));
  const chunked = { "Content-Length": undefined, "Transfer-Encoding": "chunked", Connection: "close" };
  socket.write(head({ body, headers: { ...headers, ...chunked } }));
  const PIECE = 10_000;
  for (let at = 0; at < size; at += PIECE) {
    const bytes = body.slice(at, at + PIECE);
    if (!socket.write(bytes.replace(/./g, "1\r\n$&\r\n"))) {
      await once(socket, "drain");
    }
  }
  socket.write("0\r\n\r\n");
  const [line] = (await closed).split("\r\n");
  socket.destroy();
  return line;
}

/** The processor time, and by how much the largest memory use rose, for bodies of these sizes one after the other. */
async function costs(adapter, sizes) {
  const child = fork(PROGRAM, ["serve", adapter]);
  const [port] = await once(child, "message");
  const ask = async () => {
    child.send("costs");
    return (await once(child, "message"))[0];
  };
  const spent = [];
  for (const size of sizes) {
    const before = await ask();
    assert.equal(await drip(port, size), "HTTP/1.1 200 OK");
    const after = await ask();
    spent.push({ peak: after.peak - before.peak, seconds: after.seconds - before.seconds });
  }
  child.send("stop");
  await once(child, "exit");
  return spent;
}

if (process.argv[2] === "serve") {
  await serve(process.argv[3]);
} else {
  register();
}

function register() {
  // V8's young generation grows with whatever makes many small objects, to a size that is the same for any body.
  const YOUNG = 32;

  // There are two readers, of Node's streams and of the Web's. The other adapters share the first.
  for (const [adapter, size] of [
    ["http", CAP],
    ["hono", CAP],
    ["express", CAP / 4],
    ["koa", CAP / 4],
    ["fastify", CAP / 4],
  ]) {
    test(`${size} one-byte pieces: ${adapter}`, async (t) => {
      const [, quarter, whole] = await costs(adapter, [size / 16, size / 4, size]);
      const [peak, seconds] = [quarter.peak + whole.peak, whole.seconds];
      t.diagnostic(`${peak.toFixed(1)} MiB, ${seconds.toFixed(2)} s, a quarter of it ${quarter.seconds.toFixed(2)} s`);
      assert.ok(peak < 3 * (CAP / MIB) + YOUNG, `${peak} MiB`);
    });
  }

  test("pieces are joined in one buffer that grows, within the limit", () => {
    for (const sizes of [[], [0], [5], [0, 5], [1, 1, 1], [16_000, 400, 1], [100, 50_000, 3], [40_000, 60_000]]) {
      const pieces = new Pieces(100_000);
      const all = sizes.map((size, index) => Buffer.alloc(size, 65 + index));
      for (const piece of all) {
        pieces.add(piece);
      }
      assert.deepEqual(Buffer.from(pieces.bytes), Buffer.concat(all));
      assert.ok(pieces.bytes.buffer.byteLength <= 100_000);
    }
    const first = Buffer.from("whole");
    const alone = new Pieces(10);
    alone.add(first);
    assert.equal(alone.bytes.buffer, first.buffer, "a body in one piece is not copied");
    alone.add(Buffer.from("!"));
    assert.equal(first.toString(), "whole", "the caller's bytes stay as they are");
  });
}
