// An adapter reads no more of a body than the cap, however much is sent.
import assert from "node:assert/strict";
import http from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import Fastify from "fastify";
import { webhookHandler } from "tink-webhooks/express";
import { tinkWebhooks } from "tink-webhooks/fastify";
import { webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { webhookFetch } from "tink-webhooks/web";
import { Application, CAP, connect, head, listen, PATH } from "./servers.mjs";

const CHUNK = 500;
const SIZE = 100 * CAP;
const LENGTHS = {
  "a declared length": { "content-length": String(SIZE) },
  "no declared length": { "transfer-encoding": "chunked" },
};

/** A body in chunks that are counted: a hundred times the cap, if asked for all of it. */
class Body extends Readable {
  given = 0;
  #size;
  #chunk;

  constructor(size = SIZE, chunk = CHUNK) {
    super({ highWaterMark: chunk });
    this.#size = size;
    this.#chunk = chunk;
  }

  _read() {
    const chunk = Math.min(this.#chunk, this.#size - this.given);
    this.given += chunk;
    this.push(chunk === 0 ? null : Buffer.alloc(chunk, " "));
  }
}

/** The parts of a response of `node:http` that adapters use. */
class Response {
  writeHead(status) {
    this.status = status;
    return this;
  }
  flushHeaders() {}
  write() {}
  end() {}
}

const request = (body, headers) => Object.assign(body, { method: "POST", headers });

const STREAMS = {
  async http(body, headers, { hooks, options }) {
    const response = new Response();
    await webhookListener(hooks, options)(request(body, headers), response);
    return response.status;
  },
  async express(body, headers, { hooks, options }) {
    const response = new Response();
    await webhookHandler(hooks, options)(request(body, headers), response);
    return response.status;
  },
  async koa(body, headers, { hooks, options }) {
    const context = { req: request(body, headers), res: new Response(), request: {}, method: "POST", set() {} };
    await webhookMiddleware(hooks, options)(context);
    return context.status;
  },
  async fastify(body, headers, { hooks, options }) {
    const app = Fastify();
    app.addHook("preParsing", async () => body);
    app.register(tinkWebhooks, { hooks, path: PATH, ...options });
    const { statusCode } = await app.inject({ method: "POST", url: PATH, headers, payload: Readable.from(["{}"]) });
    await app.close();
    return statusCode;
  },
};

test("no more than the cap is read of a stream", async (t) => {
  for (const [name, ask] of Object.entries(STREAMS)) {
    for (const [length, headers] of Object.entries(LENGTHS)) {
      await t.test(`${name}, ${length}`, async () => {
        const body = new Body();
        assert.equal(await ask(body, headers, new Application()), 413);
        await new Promise(setImmediate); // a stream reads ahead, a little later
        // The chunk that exceeds the cap, and one that the stream has read ahead.
        const most = "content-length" in headers ? 0 : CAP + 2 * CHUNK;
        assert.ok(body.given <= most, `${body.given} bytes`);
      });
    }
  }
});

test("no more than the cap is read of a Web Request", async (t) => {
  for (const [length, headers] of Object.entries(LENGTHS)) {
    await t.test(length, async () => {
      const { hooks, options } = new Application();
      let given = 0;
      const body = new ReadableStream(
        {
          pull(controller) {
            if (given === SIZE) {
              controller.close();
              return;
            }
            given += CHUNK;
            controller.enqueue(new Uint8Array(CHUNK));
          },
        },
        { highWaterMark: 0 }, // which reads nothing ahead
      );
      const init = { method: "POST", body, duplex: "half", headers };
      const { status } = await webhookFetch(hooks, options)(new Request("https://localhost/", init));
      assert.equal(status, 413);
      assert.ok(given <= ("content-length" in headers ? 0 : CAP + CHUNK), `${given} bytes`);
    });
  }
});

test("no more than the cap is read off a connection", async (t) => {
  const { hooks, options } = new Application();
  let taken;
  const onError = (_error, { socket }) => {
    taken = socket.bytesRead;
  };
  const server = await listen(http.createServer(webhookListener(hooks, { ...options, onError })));
  t.after(() => server.close());
  const { socket, until } = await connect(server.port);
  t.after(() => socket.destroy());
  const piece = `${(16_384).toString(16)}\r\n${" ".repeat(16_384)}\r\n`;
  socket.write(head({ body: "", headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" } }));
  socket.write(`${piece.repeat(256)}0\r\n\r\n`);
  assert.match(await until(/body_too_large\n/), /^HTTP\/1.1 413/);
  // A socket gives up to 64 KiB at once, and some of it may be under way before the stream of the request stops it.
  assert.ok(taken <= CAP + 4 * 65_536, `${taken} bytes`);
});

test("what is let go after the answer has an end", async () => {
  const { hooks, options } = new Application();
  const [most, chunk] = [8 * 2 ** 20, 65_536];
  const body = request(new Body(4 * most, chunk), {});
  const response = new Response();
  body.complete = false; // so that the connection is to be closed
  await webhookListener(hooks, options)(body, response);
  assert.equal(response.status, 413);
  assert.ok(body.given <= CAP + most + 4 * chunk, `${body.given} bytes`);
});
