// Clients that behave as no ordinary HTTP client does, and HTTP/2.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify from "fastify";
import Koa from "koa";
import { tinkWebhooks } from "tink-webhooks/fastify";
import { webhookListener } from "tink-webhooks/http";
import { webhookMiddleware } from "tink-webhooks/koa";
import { ADAPTERS, Application, CAP, connect, event, head, listen, PATH, post, signed } from "./servers.mjs";

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
process.on("warning", (warning) => unhandled.push(warning));
after(() => assert.deepEqual(unhandled, []));

const delivery = signed(event("refresh:finished"));
const chunkedHead = head({ body: "", headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" } });

/** Writes until the other side closes. Gives how many bytes it took. */
async function flood(client) {
  const { socket, closed } = client;
  const piece = `${(16_384).toString(16)}\r\n${" ".repeat(16_384)}\r\n`;
  const pump = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", pump);
  pump();
  await closed;
  socket.off("drain", pump);
  return socket.bytesWritten - socket.writableLength;
}

describe("HTTP/1.1", { concurrency: true }, () => {
  for (const name of ["http", "express", "koa", "fastify"]) {
    describe(name, { concurrency: 1 }, () => {
      let application;
      let server;

      beforeEach(async () => {
        application = new Application();
        server = await ADAPTERS[name](application);
      });

      afterEach(() => server.close());

      test("a client that never stops is answered, and then cut off", async () => {
        const client = await connect(server.port);
        client.socket.write(chunkedHead);
        const answered = client.until(/body_too_large\n/);
        const taken = await flood(client);
        assert.match(await answered, /^HTTP\/1.1 413[\s\S]*\r\nconnection: close\r\n[\s\S]*\r\n\r\nbody_too_large\n$/i);
        assert.ok(taken < 32 * 2 ** 20, `${taken} bytes`);
      });

      test("a client that sends everything before it reads the answer", async () => {
        const { socket, closed } = await connect(server.port);
        const failures = [];
        socket.on("error", (error) => failures.push(error));
        const body = " ".repeat(3_000_000);
        socket.pause();
        await new Promise((resolve) => socket.write(head(signed(body)) + body, resolve));
        await sleep(50);
        socket.resume();
        assert.match(await closed, /^HTTP\/1.1 413[\s\S]*body_too_large\n$/);
        assert.deepEqual(failures, [], "the connection is closed, not reset");
        socket.destroy();
      });

      test("a client that sends a large body slowly is not waited for", async () => {
        const { socket, closed } = await connect(server.port);
        socket.write(head({ body: "" }, CAP + 1));
        assert.match(await closed, /^HTTP\/1.1 413/);
        socket.destroy();
      });

      test("half of a body, then the end", async () => {
        const { socket, closed } = await connect(server.port);
        socket.end(head(delivery) + delivery.body.slice(0, 10));
        await closed;
        await application.reported;
        assert.deepEqual(application.reasons, ["unreadable_body"]);
        assert.deepEqual(application.ran, []);
      });

      test("malformed chunks", async () => {
        const { socket, closed } = await connect(server.port);
        socket.write(`${chunkedHead}5\r\nhello\r\nnonsense\r\n`);
        assert.match(await closed, /^HTTP\/1.1 400/);
        await application.reported;
        assert.deepEqual(application.reasons, ["unreadable_body"]);
      });

      test("all of a body, then the end", async () => {
        const { socket, closed } = await connect(server.port);
        socket.end(head(delivery) + delivery.body);
        await closed; // Node's server gives up a connection whose client has nothing more to say
        while (application.ran.length === 0) {
          await sleep(5);
        }
        assert.deepEqual(application.ran, ["refresh:finished"]);
        assert.deepEqual(application.errors, []);
      });

      test("a signature of 10,000 values", async () => {
        const headers = { "X-Tink-Signature": `t=1${",v1=0".repeat(2_000)}` };
        const answer = await post(server.port, { body: "{}", headers });
        assert.deepEqual([answer.status, answer.text], [401, "malformed_signature\n"]);
      });

      test("a hundred at once", async () => {
        const answers = await Promise.all(Array.from({ length: 100 }, () => post(server.port, delivery)));
        assert.ok(answers.every(({ status }) => status === 200));
        assert.equal(application.ran.length, 100);
      });
    });
  }

  for (const name of ["http", "express", "koa", "fastify", "hono"]) {
    test(`${name}: a body that never ends is answered in time`, async () => {
      const application = new Application();
      application.options.bodyTimeout = 100;
      const server = await ADAPTERS[name](application);
      const { socket, until } = await connect(server.port);
      socket.write(head(delivery) + delivery.body.slice(0, 10));
      assert.match(await until(/unreadable_body\n/), /^HTTP\/1.1 408 /);
      assert.deepEqual(application.reasons, ["unreadable_body"]);
      assert.equal(application.errors[0][0].kind, "invalid_request");
      assert.match(application.log[0][1], /not complete after 100 ms/);
      socket.destroy();
      await server.close();
    });
  }

  for (const name of ["http", "express", "koa"]) {
    test(`${name}: another method with a body without an end`, async () => {
      const server = await ADAPTERS[name](new Application());
      const client = await connect(server.port);
      client.socket.write(chunkedHead.replace("POST", "PUT"));
      const taken = await flood(client);
      assert.match(client.received(), /^HTTP\/1.1 405[\s\S]*method_not_allowed\n$/);
      assert.ok(taken < 32 * 2 ** 20, `${taken} bytes`);
      await server.close();
    });

    test(`${name}: HEAD has no body, also where the request has one`, async () => {
      const server = await ADAPTERS[name](new Application());
      const { socket, closed } = await connect(server.port);
      socket.write(head({ body: "" }, 100).replace("POST", "HEAD"));
      assert.match(await closed, /^HTTP\/1.1 405[\s\S]*\r\n\r\n$/);
      socket.destroy();
      await server.close();
    });
  }

  test("hono: a client that never stops is answered, and then cut off", async () => {
    const application = new Application();
    const server = await ADAPTERS.hono(application);
    const client = await connect(server.port);
    client.socket.write(chunkedHead);
    const answered = client.until(/body_too_large\n/);
    const taken = await flood(client);
    assert.match(await answered, /^HTTP\/1.1 413/);
    assert.ok(taken < 32 * 2 ** 20, `${taken} bytes`);
    await server.close();
  });
});

test("HEAD on a server that rejects bodies where none is allowed", async () => {
  const { hooks, options } = new Application();
  const server = await listen(
    http.createServer({ rejectNonStandardBodyWrites: true }, webhookListener(hooks, options)),
  );
  for (const length of [0, 100]) {
    const { socket, until } = await connect(server.port);
    socket.write(head({ body: "" }, length).replace("POST", "HEAD"));
    await until(/^HTTP\/1.1 405[\s\S]*\r\n\r\n$/);
    socket.destroy();
  }
  await server.close();
});

describe("HTTP/2", () => {
  const start = async (http2) => ({ ...(await listen(http2)), http2 });
  const SERVERS = {
    http: (application) => start(http2.createServer(webhookListener(application.hooks, application.options))),
    koa: (application) => {
      const app = new Koa();
      app.on("error", () => {});
      app.use(webhookMiddleware(application.hooks, application.options));
      return start(http2.createServer(app.callback()));
    },
    fastify: async (application) => {
      const app = Fastify({ http2: true, forceCloseConnections: true });
      app.register(tinkWebhooks, { hooks: application.hooks, path: PATH, ...application.options });
      await app.listen({ port: 0, host: "127.0.0.1" });
      return { port: app.server.address().port, close: () => app.close(), http2: app.server };
    },
  };

  for (const [name, serve] of Object.entries(SERVERS)) {
    describe(name, { concurrency: 1 }, () => {
      let application;
      let server;
      let client;

      beforeEach(async () => {
        application = new Application();
        server = await serve(application);
        client = http2.connect(`http://127.0.0.1:${server.port}`);
      });

      afterEach(async () => {
        client.close();
        client.destroy();
        await server.close();
      });

      const request = (headers) => client.request({ ":path": PATH, ":method": "POST", ...headers });

      async function answer(stream) {
        const chunks = [];
        stream.on("data", (chunk) => chunks.push(chunk));
        const ended = new Promise((resolve) => stream.once("end", resolve));
        const [headers] = await once(stream, "response");
        await ended;
        return [headers[":status"], Buffer.concat(chunks).toString(), headers];
      }

      async function send({ body, headers }) {
        const stream = request(headers);
        stream.end(body);
        return (await answer(stream)).slice(0, 2);
      }

      test("answers", async () => {
        assert.deepEqual(await send(delivery), [200, "ok\n"]);
        assert.deepEqual(await send(signed(event("a:b"), "another")), [401, "signature_mismatch\n"]);
        assert.deepEqual(await send(signed("")), [400, "invalid_json\n"]);
        assert.deepEqual(await send(signed(" ".repeat(CAP + 1))), [413, "body_too_large\n"]);
        assert.deepEqual(await send(delivery), [200, "ok\n"]);
        assert.deepEqual(application.ran, ["refresh:finished", "refresh:finished"]);
      });

      test("another method", async () => {
        for (const method of ["GET", "HEAD"]) {
          const stream = client.request({ ":path": PATH, ":method": method });
          const [status, text] = await answer(stream);
          assert.equal(status, 405);
          assert.equal(text === "", method === "HEAD");
        }
      });

      test("a body without an end", async () => {
        const closed = new Promise((resolve) => {
          server.http2.once("stream", (stream) => stream.once("close", resolve));
        });
        const stream = request({});
        let written = 0;
        const pump = () => {
          while (!stream.destroyed && !stream.closed && stream.write(" ".repeat(16_384))) {
            written += 16_384;
          }
        };
        stream.on("error", () => {});
        stream.on("drain", pump);
        pump();
        const [status, text] = await answer(stream);
        assert.deepEqual([status, text], [413, "body_too_large\n"]);
        await closed;
        assert.ok(written < 2 ** 20, `${written} bytes`);
        stream.destroy();
        assert.deepEqual(await send(delivery), [200, "ok\n"], "the session goes on");
      });

      test("a client that leaves midway", async () => {
        const stream = request({ ...delivery.headers, "content-length": delivery.body.length });
        stream.on("error", () => {});
        stream.write(delivery.body.slice(0, 10));
        await sleep(50);
        stream.close(http2.constants.NGHTTP2_CANCEL);
        await application.reported;
        assert.deepEqual(application.reasons, ["unreadable_body"]);
        assert.deepEqual(await send(delivery), [200, "ok\n"]);
      });
    });
  }
});

test("a server that is closed lets deliveries end", async () => {
  const application = new Application();
  const server = http.createServer(webhookListener(application.hooks, application.options));
  const { port } = await listen(server);
  const sent = post(port, delivery);
  await once(server, "request");
  server.close();
  assert.equal((await sent).status, 200);
});
