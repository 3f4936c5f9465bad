// Which memory is kept and which is freed. Each measurement runs in its own process, so that nothing else is counted.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

async function measure(what) {
  const program = fileURLToPath(new URL("fixtures/memory.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, what]);
  return JSON.parse(stdout);
}

test("200,000 calls with a handler that reads data", async () => {
  const { sum, rss, heapUsed, arrayBuffers } = await measure("calls");
  assert.equal(sum, 250_000);
  assert.ok(rss < 4, `resident memory rose by ${rss} MiB`);
  assert.ok(heapUsed < 1 && arrayBuffers < 1, `${heapUsed} MiB of heap, ${arrayBuffers} MiB of buffers`);
});

test("200,000 deliveries that are refused", async () => {
  const { refused, rss, heapUsed, arrayBuffers } = await measure("refusals");
  assert.equal(refused, 250_000);
  // From Node 22 on V8 takes up to 10 MiB once, at an unpredictable time. A leaked error per call would be 40 MiB.
  assert.ok(rss < 16, `resident memory rose by ${rss} MiB`);
  assert.ok(heapUsed < 1 && arrayBuffers < 1, `${heapUsed} MiB of heap, ${arrayBuffers} MiB of buffers`);
});

test("20,000 handler objects that are dropped", async () => {
  const { rss, heapUsed } = await measure("objects");
  // If they leaked they would take 270 MiB.
  assert.ok(rss < 32, `resident memory rose by ${rss} MiB`);
  assert.ok(heapUsed < 1, `${heapUsed} MiB of heap`);
});

test("1,000 handlers that close over their own object are all collected", async () => {
  assert.deepEqual(await measure("cycles"), { left: 0 });
});

test("an event that is kept keeps a frame of some 18 KiB, until it is dropped", async () => {
  const { kept, dropped, names } = await measure("kept");
  assert.deepEqual(names, ["payment:updated"]);
  assert.ok(kept.arrayBuffers > 10, `only ${kept.arrayBuffers} MiB: the events share frames, and prove nothing`);
  assert.ok(kept.arrayBuffers < 18, `1,000 events keep ${kept.arrayBuffers} MiB of buffers`);
  assert.ok(kept.heapUsed < 1, `and ${kept.heapUsed} MiB of heap`);
  assert.ok(dropped.arrayBuffers < 0.1, `${dropped.arrayBuffers} MiB of buffers stay`);
});

test("what was read from an event does not keep its body", async () => {
  const { arrayBuffers, heapUsed, amount } = await measure("parts");
  assert.equal(amount, 500);
  assert.ok(arrayBuffers < 0.5, `${arrayBuffers} MiB of buffers stay`);
  assert.ok(heapUsed < 2, `${heapUsed} MiB of heap stay`);
});
